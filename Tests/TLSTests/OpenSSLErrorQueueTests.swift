import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite("OpenSSLErrorQueue")
struct OpenSSLErrorQueueTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    /// Leaves something behind on this thread, as careless code would.
    private func pollute() {
        let context = SSL_CTX_new(TLS_method())
        SSL_CTX_set_cipher_list(context, "NO-SUCH")
        SSL_CTX_free(context)
    }

    @Test("Draining tells the errors in order and leaves none")
    func drains() {
        OpenSSLErrorQueue.clear()
        self.pollute()
        let entries = OpenSSLErrorQueue.drain()
        #expect(entries.map(\.reason) == [SSL_R_NO_CIPHER_MATCH])
        #expect(entries.map(\.text) == ["no cipher match"])
        #expect(OpenSSLErrorQueue.drain() == [])
        #expect(OpenSSLErrorQueue.drainText() == "no reason given")
    }

    @Test("An error that somebody left behind is not blamed on a connection, whatever it does next")
    func hygiene() throws {
        let pair = try EmbeddedPair(client: self.certificates.client(), server: self.certificates.server())
        try pair.connect()
        for _ in 0..<10 {
            for (from, to) in [(pair.client, pair.server), (pair.server, pair.client)] {
                let bytes = try pair.takeOutbound(from)
                guard bytes.readableBytes > 0 else { continue }
                self.pollute()
                try to.writeInbound(bytes)
            }
        }
        #expect(pair.clientEvents.isHandshakeComplete && pair.serverEvents.isHandshakeComplete)
        self.pollute()
        pair.client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        self.pollute()
        var record = try pair.takeOutbound(pair.client)
        // A read that has to wait for more is where a stale error does its harm.
        let part = record.readSlice(length: 7)
        try pair.server.writeInbound(#require(part))
        self.pollute()
        try pair.server.writeInbound(record)
        #expect(pair.serverEvents.text == "hello")
        self.pollute()
        pair.client.close(promise: nil)
        self.pollute()
        try pair.exchange()
        #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
        OpenSSLErrorQueue.clear()
    }

    @Test("A connection that fails leaves nothing behind for the next")
    func leavesNothing() throws {
        OpenSSLErrorQueue.clear()
        let pair = try EmbeddedPair(
            client: self.certificates.client(serverName: "other.test"),
            server: self.certificates.server()
        )
        try pair.connectAndExchange()
        #expect(pair.clientEvents.tlsErrors == [.peerVerificationFailed(.nameMismatch)])
        #expect(ERR_peek_error() == 0)
    }
}
