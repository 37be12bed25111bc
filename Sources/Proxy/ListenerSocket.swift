import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One socket that connections are accepted from, whatever kind it is.
struct ListenerSocket: Sendable {
    /// How long connections are still taken after a shared port was given up: those whose handshake had begun before.
    static let handOver = Duration.milliseconds(250)

    let channel: any Channel
    private let place: ProxyConfiguration.Listener.Place

    static func open(
        _ place: ProxyConfiguration.Listener.Place,
        on group: MultiThreadedEventLoopGroup,
        accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> ListenerSocket {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer(accept)
        switch place {
        case .tcp(let host, let port, let sharesPort):
            var bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            if sharesPort {
                bootstrap = bootstrap.serverChannelOption(
                    .socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)),
                    value: 1
                )
            }
            let channel = try await bootstrap.bind(host: host, port: port).get()
            return ListenerSocket(channel: channel, place: place)
        case .unix(let path, let mode):
            try SocketFile.removeStale(path)
            let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
            do {
                try SocketFile.set(mode: mode, of: path)
            } catch {
                try await channel.close()
                throw error
            }
            return ListenerSocket(channel: channel, place: place)
        case .descriptor(let descriptor):
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            return ListenerSocket(channel: channel, place: place)
        }
    }

    func close() async throws {
        try await self.channel.close()
    }

    /// Where the port is shared, has the system give new connections to the other socket of that port, if there is one.
    ///
    /// Without this the system goes on to deal them out to both, and those that wait here when this socket is closed are reset.
    ///
    /// - Returns: false where there is no port to yield.
    func yieldPort() async -> Bool {
        guard case .tcp(_, _, sharesPort: true) = self.place else { return false }
        #if os(Linux)
        // A classic BPF program of one instruction: "return 1", the number of the socket that joined second. Where there is no
        // such socket the system chooses as before.
        let instruction = UnsafeMutablePointer<Instruction>.allocate(capacity: 1)
        instruction.initialize(to: Instruction(code: Instruction.returnConstant, jumpTrue: 0, jumpFalse: 0, value: 1))
        defer { instruction.deallocate() }
        let program = Program(length: 1, instructions: UInt(bitPattern: instruction))
        let attached = (self.channel as? any SocketOptionProvider)?
            .unsafeSetSocketOption(level: .socket, name: Self.attachProgram, value: program)
        do {
            try await attached?.get()
        } catch {
            // Then connections are dealt out to both until this socket is closed, as on other systems.
        }
        #endif
        return true
    }

    #if os(Linux)
    /// SO_ATTACH_REUSEPORT_CBPF.
    private static let attachProgram = NIOBSDSocket.Option(rawValue: 51)

    /// `struct sock_filter`.
    private struct Instruction {
        /// BPF_RET | BPF_K.
        static let returnConstant: UInt16 = 0x06

        var code: UInt16
        var jumpTrue: UInt8
        var jumpFalse: UInt8
        var value: UInt32
    }

    /// `struct sock_fprog`.
    private struct Program: Sendable {
        var length: UInt16
        var instructions: UInt
    }
    #endif
}
