import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite("Reading")
struct ReadingTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    private func pair(readsAtOnce: Bool) throws -> EmbeddedPair {
        try EmbeddedPair(
            client: self.certificates.client(),
            server: self.certificates.server(),
            readsAtOnce: readsAtOnce
        )
    }

    /// Counts the requests for data that reach the socket.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            self.count += 1
            context.read()
        }
    }

    @Test("Without a request for data the handshake completes and data waits until it is asked for")
    func waitsForRead() throws {
        let pair = try self.pair(readsAtOnce: false)
        pair.client.writeAndFlush(ByteBuffer(string: "early"), promise: nil)
        try pair.connectAndExchange()
        #expect(pair.serverEvents.isHandshakeComplete)
        #expect(pair.serverEvents.text == "")
        pair.server.pipeline.read()
        #expect(pair.serverEvents.text == "early")
        #expect(pair.serverEvents.events.last == .readComplete)
    }

    @Test("One request yields what is there once; the next data waits for the next request")
    func oneReadOneDelivery() throws {
        let pair = try self.pair(readsAtOnce: false)
        try pair.connectAndExchange()
        pair.server.pipeline.read()
        pair.client.writeAndFlush(ByteBuffer(string: "a"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "a")
        pair.client.writeAndFlush(ByteBuffer(string: "b"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "a")
        pair.server.pipeline.read()
        #expect(pair.serverEvents.text == "ab")
    }

    @Test("While part of a record is missing the handler goes on reading by itself, and stops when it was delivered")
    func readsOnForWholeRecords() throws {
        let pair = try self.pair(readsAtOnce: false)
        let counter = ReadCounter()
        try pair.server.pipeline.syncOperations.addHandler(counter, position: .first)
        try pair.connectAndExchange()
        pair.client.writeAndFlush(ByteBuffer(string: "whole"), promise: nil)
        var record = try pair.takeOutbound(pair.client)
        let half = record.readSlice(length: 10)
        pair.server.pipeline.read()
        let before = counter.count
        try pair.server.writeInbound(#require(half))
        #expect(pair.serverEvents.text == "")
        #expect(counter.count == before + 1)
        try pair.server.writeInbound(record)
        #expect(pair.serverEvents.text == "whole")
        #expect(counter.count == before + 1)
    }

    @Test("All records of one buffer from the socket become one buffer of data")
    func recordsCoalesce() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        for _ in 0..<10 { pair.client.writeAndFlush(ByteBuffer(repeating: 1, count: 100), promise: nil) }
        let before = pair.serverEvents.events.count
        try pair.exchange()
        #expect(pair.serverEvents.events.dropFirst(before) == [.data(bytes: 1000), .readComplete])
    }

    @Test("A record that comes byte by byte is delivered whole", arguments: [1, 511, 512, 513, 16_384, 50_000])
    func sizes(_ size: Int) throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        pair.client.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        try pair.exchange(pieces: size > 10_000 ? 97 : 1)
        #expect(pair.serverEvents.received == ByteBuffer(bytes: bytes))
    }

    @Test("Eight megabytes in pieces that fit no record arrive whole, both ways")
    func largeInPieces() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        let bytes = ByteBuffer(patternOf: 8 << 20)
        pair.client.writeAndFlush(bytes, promise: nil)
        pair.server.writeAndFlush(bytes, promise: nil)
        try pair.exchange(pieces: 1_447)
        #expect(pair.serverEvents.received == bytes)
        #expect(pair.clientEvents.received == bytes)
    }

    /// Makes the client ask the server so many times to change its keys (RFC 8446, section 4.6.3).
    private func askForKeyUpdates(_ count: Int, _ pair: EmbeddedPair) throws {
        let connection = try pair.client.pipeline.syncOperations.handler(type: TLSHandler.self).connection
        for _ in 0..<count {
            SSL_key_update(connection.ssl, SSL_KEY_UPDATE_REQUESTED)
            _ = connection.handshake()
            let request = try #require(connection.takeCiphertext())
            guard pair.server.isActive else { return }
            try pair.server.writeInbound(request)
        }
    }

    @Test("Key updates are answered, and data goes on under the new keys")
    func keyUpdates() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        try self.askForKeyUpdates(20, pair)
        pair.client.writeAndFlush(ByteBuffer(string: "still here"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "still here")
        #expect(pair.serverEvents.errors.isEmpty && pair.clientEvents.errors.isEmpty)
    }

    @Test("A peer that asks for answers without end and reads none is cut off before they pile up")
    func unreadAnswers() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        pair.server.isWritable = false
        try self.askForKeyUpdates(2_000, pair)
        guard case .unreadAnswers(let bytes)? = pair.serverEvents.tlsErrors.first else {
            Issue.record("told as \(pair.serverEvents.tlsErrors)")
            return
        }
        #expect(bytes < 17_000)
        #expect(!pair.server.isActive)
    }

    @Test("A changed byte in any place of a record is a protocol violation, and what came before it is kept")
    func changedRecord() throws {
        for index in [0, 1, 3, 4, 5, 20, 40] {
            let pair = try self.pair(readsAtOnce: true)
            try pair.connectAndExchange()
            pair.client.writeAndFlush(ByteBuffer(string: "good"), promise: nil)
            try pair.exchange()
            pair.client.writeAndFlush(ByteBuffer(string: "bad, and long enough"), promise: nil)
            var record = try pair.takeOutbound(pair.client)
            let byte = try #require(record.getInteger(at: index, as: UInt8.self))
            record.setInteger(byte ^ 1, at: index)
            // Enough bytes for whatever length the record now claims.
            record.writeRepeatingByte(0, count: 17_000)
            try pair.server.writeInbound(record)
            #expect(pair.serverEvents.text == "good")
            guard case .protocolViolation? = pair.serverEvents.tlsErrors.first else {
                Issue.record("byte \(index) was told as \(pair.serverEvents.tlsErrors)")
                continue
            }
            #expect(!pair.server.isActive)
            // The alert reaches the client.
            try pair.exchange()
            guard case .alertReceived? = pair.clientEvents.tlsErrors.first else {
                Issue.record("the client heard \(pair.clientEvents.tlsErrors)")
                continue
            }
        }
    }

    @Test("Whoever answers on the completion of a read has answered before the end of input is told")
    func completesBeforeEnd() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.server.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try pair.connectAndExchange()
        let before = pair.serverEvents.events.count
        pair.client.writeAndFlush(ByteBuffer(string: "last"), promise: nil)
        pair.client.close(mode: .all, promise: nil)
        try pair.server.writeInbound(pair.takeOutbound(pair.client))
        #expect(pair.serverEvents.events.dropFirst(before).prefix(3) == [.data(bytes: 4), .readComplete, .inputClosed])
    }

    @Test("Closing from within a read drops what is left without a second event")
    func closesWithinRead() throws {
        let pair = try self.pair(readsAtOnce: true)
        try pair.connectAndExchange()
        pair.serverEvents.onRead = { context, _ in context.close(promise: nil) }
        pair.client.writeAndFlush(ByteBuffer(string: "one"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "one")
        #expect(pair.serverEvents.errors.isEmpty && pair.clientEvents.errors.isEmpty)
        #expect(!pair.server.isActive && !pair.client.isActive)
    }
}
