import NIOCore
import NIOPosix

/// Accepts connections and never reads from them.
struct StalledOrigin: Sendable {
    private let channel: any Channel

    var port: Int { self.channel.localAddress?.port ?? 0 }

    static func start() async throws -> StalledOrigin {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        return StalledOrigin(channel: channel)
    }

    func stop() async throws {
        try await self.channel.close().get()
    }
}
