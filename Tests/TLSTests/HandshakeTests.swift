import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite("Handshake")
struct HandshakeTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    @Test("Both sides hear of a complete handshake before any data")
    func completes() throws {
        let pair = try EmbeddedPair(client: self.certificates.client(), server: self.certificates.server())
        try pair.connectAndExchange()
        #expect(pair.clientEvents.events.first == .handshake(protocol: nil) || pair.clientEvents.isHandshakeComplete)
        #expect(pair.serverEvents.isHandshakeComplete)
        pair.client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "hello")
        pair.server.writeAndFlush(ByteBuffer(string: "welcome"), promise: nil)
        try pair.exchange()
        #expect(pair.clientEvents.text == "welcome")
        #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
    }
}
