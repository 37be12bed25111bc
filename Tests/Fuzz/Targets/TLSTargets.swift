import Foundation
import NIOCore
import NIOEmbedded
import TLS

extension FuzzTarget {
    /// The first byte says to whom the rest is fed as what came from the network: a server before the handshake, a client before
    /// it, or a server behind it whose client's record it damages. Nothing may come out that was not put in.
    static func readTLS(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first, let sides = TLSSides.shared else { return false }
        let rest = UnsafeRawBufferPointer(rebasing: input[1...])
        switch first % 3 {
        case 0: return sides.feed(rest, to: sides.server)
        case 1: return sides.feed(rest, to: sides.client)
        default: return sides.damage(rest)
        }
    }
}

/// What both sides of a connection are made from.
private struct TLSSides {
    /// Nil where no certificate can be written.
    static let shared = TLSSides()

    let server: TLSContext
    let client: TLSContext

    private init?() {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-fuzz-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let files = try DevelopmentCertificates.make(in: folder.path)
            var server = TLSServerConfiguration(certificateChain: files.certificate, privateKey: files.privateKey)
            server.applicationProtocols = ["h2", "http/1.1"]
            self.server = try .server(server)
            client = try .client(
                TLSClientConfiguration(
                    trustRoots: .file(files.authority),
                    serverName: "localhost",
                    applicationProtocols: ["h2"]
                )
            )
        } catch {
            return nil
        }
    }

    /// - Returns: whether anything was answered.
    func feed(_ input: UnsafeRawBufferPointer, to context: TLSContext) -> Bool {
        guard let side = Side(context) else { return false }
        // The first byte says how it is cut.
        guard let first = input.first else { return false }
        let pieces = 1 + Int(first) * 8
        let input = UnsafeRawBufferPointer(rebasing: input[1...])
        for start in stride(from: 0, to: input.count, by: pieces) where side.channel.isActive {
            side.receive(ByteBuffer(bytes: input[start..<min(start + pieces, input.count)]))
        }
        // Without the other side's key nothing can be said to this one.
        precondition(side.sink.received.isEmpty, "plaintext without a handshake")
        let hasAnswered = side.sent().readableBytes > 0
        side.end()
        return hasAnswered
    }

    /// - Returns: whether the server still took what the client had said.
    func damage(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let server = Side(self.server), let client = Side(self.client) else { return false }
        var isQuiet = false
        while !isQuiet {
            let (one, other) = (client.sent(), server.sent())
            isQuiet = one.readableBytes + other.readableBytes == 0
            if one.readableBytes > 0 { server.receive(one) }
            if other.readableBytes > 0 { client.receive(other) }
        }
        let said = Array("what was said".utf8)
        client.channel.writeAndFlush(ByteBuffer(bytes: said), promise: nil)
        var record = Array(client.sent().readableBytesView)
        // Pairs of a place and what is put on top of it.
        for index in stride(from: 0, to: input.count - 1, by: 2) where !record.isEmpty {
            record[Int(input[index]) % record.count] ^= input[index + 1]
        }
        server.receive(ByteBuffer(bytes: record))
        let received = server.sink.received
        precondition(received.isEmpty || received == said, "plaintext that nobody sent")
        server.end()
        client.end()
        return received == said
    }
}

/// One side, on a channel without a socket.
private final class Side {
    let channel = EmbeddedChannel()
    let sink = Sink()

    init?(_ context: TLSContext) {
        guard let handler = try? TLSHandler(context: context),
            (try? channel.pipeline.syncOperations.addHandlers([handler, sink])) != nil,
            let address = try? SocketAddress(unixDomainSocketPath: "/fuzz")
        else { return nil }
        channel.connect(to: address, promise: nil)
    }

    func receive(_ bytes: ByteBuffer) {
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(bytes))
        channel.pipeline.syncOperations.fireChannelReadComplete()
    }

    func sent() -> ByteBuffer {
        var all = ByteBuffer()
        while let next = try? channel.readOutbound(as: ByteBuffer.self) { all.writeImmutableBuffer(next) }
        return all
    }

    func end() {
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

/// Asks for data from the start, and keeps it.
private final class Sink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var received: [UInt8] = []

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Self.unwrapInboundIn(data).readableBytesView
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.read() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

@available(*, unavailable)
extension Sink: Sendable {}

extension FuzzSeeds {
    /// A client's and a server's first words, and no damage at all.
    static func handshakes() -> [Data] {
        guard let sides = TLSSides.shared, let client = Side(sides.client), let server = Side(sides.server) else {
            return []
        }
        let hello = client.sent()
        server.receive(hello)
        let answer = server.sent()
        defer {
            client.end()
            server.end()
        }
        return [Data([0, 255]) + hello.readableBytesView, Data([2]), Data([2, 0, 0])]
            + (answer.readableBytes > 0 ? [Data([0, 255]) + hello.readableBytesView + answer.readableBytesView] : [])
    }
}
