import NIOCore
import NIOPosix

/// Accepts connections and never reads from them.
struct StalledOrigin: Sendable {
    private let channel: any Channel
    private let accepted: Counter

    var port: Int { self.channel.localAddress?.port ?? 0 }
    /// How many it has accepted.
    var connections: Int { self.accepted.value }

    static func start() async throws -> StalledOrigin {
        let accepted = Counter()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                accepted.add(1)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return StalledOrigin(channel: channel, accepted: accepted)
    }

    func stop() async throws {
        try await self.channel.close().get()
    }
}
