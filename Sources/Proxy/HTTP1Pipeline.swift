import NIOCore
import NIOHTTP1

/// The handlers of a client's connection that speaks HTTP/1.
enum HTTP1Pipeline {
    static func add(to channel: any Channel, peer: ConnectionPeer, worker: ProxyWorker) throws {
        let pipeline = channel.pipeline.syncOperations
        let configuration = worker.configuration.limits
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.headerBytes
        limits.maxHeaderListSize = configuration.headerBytes
        // The exact number is checked with the rest of the head, where it gets its own answer.
        limits.maxHeaderFieldCount = configuration.headerCount * 2

        let connection = ClientConnection(worker: worker, peer: peer)
        try pipeline.addHandler(ByteTap(connection))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(limitConfiguration: limits),
                // The parser skips blanks behind a field's colon without a word, so that its own limits do not see them, and keeps
                // what it has not told of. Beside a head it keeps no more than what one read brings behind a request to upgrade.
                maximumBufferSize: configuration.headerBytes + (64 << 10)
            )
        )
        try pipeline.addHandler(connection)
    }
}
