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
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
        try pipeline.addHandler(connection)
    }
}
