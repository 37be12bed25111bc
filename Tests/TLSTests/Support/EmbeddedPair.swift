import NIOCore
import NIOEmbedded
import TLS

/// A client and a server, each on a channel without a socket, and the wire between them, which the test holds.
final class EmbeddedPair {
    let client: EmbeddedChannel
    let server: EmbeddedChannel
    let clientEvents = EventRecorder()
    let serverEvents = EventRecorder()

    /// - Parameter readsAtOnce: whether both sides ask for data from the start, as a channel with automatic reading does.
    init(client: TLSContext, server: TLSContext, serverName: String? = nil, readsAtOnce: Bool = true) throws {
        self.client = EmbeddedChannel()
        self.server = EmbeddedChannel()
        try self.client.pipeline.syncOperations.addHandlers([
            try TLSHandler(context: client, serverName: serverName), self.clientEvents,
        ])
        try self.server.pipeline.syncOperations.addHandlers([try TLSHandler(context: server), self.serverEvents])
        if readsAtOnce {
            self.clientEvents.readsAutomatically = true
            self.serverEvents.readsAutomatically = true
        }
    }

    /// Makes both channels active; the client's first message is then on its way.
    func connect() throws {
        let address = try SocketAddress(unixDomainSocketPath: "/embedded")
        self.server.connect(to: address, promise: nil)
        self.client.connect(to: address, promise: nil)
    }

    /// Carries everything from each side to the other until both are silent.
    ///
    /// - Parameter pieces: how many bytes to carry at a time; nil for all there is in one buffer.
    func exchange(pieces: Int? = nil) throws {
        var moved = true
        while moved {
            moved = try self.carry(from: self.client, to: self.server, pieces: pieces)
            moved = try self.carry(from: self.server, to: self.client, pieces: pieces) || moved
        }
    }

    func connectAndExchange() throws {
        try self.connect()
        try self.exchange()
    }

    /// Takes everything one side wants to send.
    func takeOutbound(_ channel: EmbeddedChannel) throws -> ByteBuffer {
        var all = ByteBuffer()
        while let next = try channel.readOutbound(as: ByteBuffer.self) { all.writeImmutableBuffer(next) }
        return all
    }

    private func carry(from: EmbeddedChannel, to: EmbeddedChannel, pieces: Int?) throws -> Bool {
        var all = try self.takeOutbound(from)
        guard all.readableBytes > 0 else { return false }
        while all.readableBytes > 0 {
            let size = min(pieces ?? all.readableBytes, all.readableBytes)
            guard let piece = all.readSlice(length: size) else { break }
            // A side that gave up takes no more; what it said last was carried.
            guard to.isActive else { return true }
            to.pipeline.syncOperations.fireChannelRead(NIOAny(piece))
            to.pipeline.syncOperations.fireChannelReadComplete()
        }
        return true
    }
}
