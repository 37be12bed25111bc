import NIOCore
import NIOHPACK

@testable import Proxy

/// A client that writes HTTP/2 frame by frame, valid or not, and reads what comes back.
struct HTTP2Client: Sendable {
    struct Answer: Sendable {
        /// Of the final head; informational ones are counted.
        var status = ""
        var fields: [(name: String, value: String)] = []
        var informational = 0
        var body: [UInt8] = []
        var isWhole = false
        /// The error code of RST_STREAM.
        var reset: UInt32?

        var text: String { String(decoding: self.body, as: UTF8.self) }

        subscript(_ name: String) -> String? { self.fields.first { $0.name == name }?.value }
    }

    static let noError: UInt32 = 0
    static let protocolError: UInt32 = 1
    static let internalError: UInt32 = 2
    static let refusedStream: UInt32 = 7
    static let cancel: UInt32 = 8
    static let enhanceYourCalm: UInt32 = 11

    let raw: RawClient

    /// - Parameter window: what each stream and the connection may be sent before they are read.
    static func connect(
        to proxy: ProxyHarness,
        _ certificates: TestCertificates,
        window: UInt32? = 1 << 30
    ) async throws -> HTTP2Client {
        let raw = try await RawClient.connect(to: proxy.port, group: proxy.group, tls: certificates.http2Client)
        let client = HTTP2Client(raw: raw)
        var settings: [UInt8] = []
        if let window { settings = [0, 4] + RawFrame.word(window) }
        try await raw.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + RawFrame(.settings, settings).bytes)
        if let window { try await client.send(RawFrame(.windowUpdate, RawFrame.word(window))) }
        try await client.wait { frames in frames.contains { $0.kind == RawFrame.Kind.settings.rawValue } }
        try await client.send(RawFrame(.settings, flags: RawFrame.acknowledgement))
        return client
    }

    func send(_ frames: RawFrame...) async throws {
        try await self.raw.send(frames.flatMap(\.bytes))
    }

    static func get(_ path: String, stream: UInt32, _ more: [(String, String)] = [], method: String = "GET") -> RawFrame
    {
        self.headers(
            [(":method", method), (":scheme", "https"), (":path", path), (":authority", "a")] + more,
            stream: stream,
            ends: true
        )
    }

    static func post(_ path: String, stream: UInt32, _ more: [(String, String)] = []) -> RawFrame {
        self.headers(
            [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "a")] + more,
            stream: stream,
            ends: false
        )
    }

    static func headers(_ fields: [(String, String)], stream: UInt32, ends: Bool) -> RawFrame {
        RawFrame(
            .headers,
            flags: RawFrame.endHeaders | (ends ? RawFrame.endStream : 0),
            stream: stream,
            RawFrame.block(fields)
        )
    }

    static func data(_ text: String, stream: UInt32, ends: Bool = false) -> RawFrame {
        RawFrame(.data, flags: ends ? RawFrame.endStream : 0, stream: stream, Array(text.utf8))
    }

    var frames: [RawFrame] { RawFrame.parse(self.raw.bytes) }

    /// What came on a stream so far.
    func answer(_ stream: UInt32) throws -> Answer {
        var decoder = HPACKDecoder(allocator: .init())
        var answer = Answer()
        for frame in self.frames {
            switch RawFrame.Kind(rawValue: frame.kind) {
            case .headers:
                var block = ByteBuffer(bytes: frame.payload)
                let fields = try decoder.decodeHeaders(from: &block)
                guard frame.stream == stream else { continue }
                let status = fields.first(name: ":status") ?? ""
                if status.hasPrefix("1") {
                    answer.informational += 1
                    continue
                }
                answer.status = status
                answer.fields = fields.map { ($0.name, $0.value) }
                if frame.flags & RawFrame.endStream != 0 { answer.isWhole = true }
            case .data where frame.stream == stream:
                answer.body += frame.payload
                if frame.flags & RawFrame.endStream != 0 { answer.isWhole = true }
            case .reset where frame.stream == stream:
                answer.reset = frame.code
            default:
                break
            }
        }
        return answer
    }

    /// Waits for the end of a stream: the answer is whole, or reset.
    func end(of stream: UInt32, _ seconds: Double = 10) async throws -> Answer {
        _ = try await eventually(seconds) {
            guard let answer = try? self.answer(stream) else { return false }
            return answer.isWhole || answer.reset != nil
        }
        return try self.answer(stream)
    }

    /// Waits for RST_STREAM, behind an answer too; returns its error code.
    func reset(of stream: UInt32) async throws -> UInt32? {
        _ = try await eventually { (try? self.answer(stream).reset) != nil }
        return try self.answer(stream).reset
    }

    /// Waits for GOAWAY; returns the error codes of all that came.
    func goAways(_ count: Int = 1) async throws -> [UInt32] {
        let kind = RawFrame.Kind.goAway.rawValue
        _ = try await eventually { self.frames.filter { $0.kind == kind }.count >= count }
        return self.frames.filter { $0.kind == kind }.map { frame in
            frame.payload.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    func wait(_ condition: @Sendable ([RawFrame]) -> Bool) async throws {
        let isMet = try await eventually { condition(self.frames) }
        if !isMet { throw RawClient.TimedOut(received: String(describing: self.frames)) }
    }

    /// Answers the pings that came, as every client does.
    func answerPings() async throws {
        for frame in self.frames where frame.kind == RawFrame.Kind.ping.rawValue && frame.flags == 0 {
            try await self.send(RawFrame(.ping, flags: RawFrame.acknowledgement, frame.payload))
        }
    }
}
