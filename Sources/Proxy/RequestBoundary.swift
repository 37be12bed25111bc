import NIOCore
import NIOHTTP1

/// Follows the bytes of a client's connection from request to request, so that it is known whether they end within a head.
///
/// The parser says that a request has ended, and not how much of what it was given lies behind that. So it is given heads
/// and bodies one by one; of what follows a body in chunks in the same read, a body that is the last is taken for half a head. Only
/// a clock depends on it: what a request is remains the parser's to say.
struct RequestBoundary {
    private enum Place {
        case head
        case body(left: Int)
        /// Of a body in chunks, whose end is the parser's to find.
        case chunks
    }

    private var place = Place.head
    private var hasEnded = false
    /// The bytes that came last belong to a head that is not whole.
    private(set) var isWithinHead = false

    /// How many of the bytes that came are to be given to the parser next.
    func next(of bytes: ByteBuffer) -> Int {
        switch self.place {
        case .head: Self.head(in: bytes) ?? bytes.readableBytes
        case .body(let left) where left > 0: min(left, bytes.readableBytes)
        case .body, .chunks: bytes.readableBytes
        }
    }

    /// What the parser made of the bytes that it is being given.
    mutating func parsed(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            if head.headers.contains(name: "transfer-encoding") {
                self.place = .chunks
            } else {
                self.place = .body(left: head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0)
            }
            self.hasEnded = false
        case .body(let chunk):
            if case .body(let left) = self.place { self.place = .body(left: max(0, left - chunk.readableBytes)) }
        case .end:
            self.place = .head
            self.hasEnded = true
        }
    }

    /// The parser was given the bytes, and has told what it made of them.
    mutating func gave(_ bytes: ByteBuffer, wereChunks: Bool) {
        defer { self.hasEnded = false }
        guard case .head = self.place else { return self.isWithinHead = false }
        // Chunks end with an empty line, and half a head never does.
        self.isWithinHead = !self.hasEnded || (wereChunks && !Self.endsInEmptyLine(bytes))
    }

    var isInChunks: Bool {
        if case .chunks = self.place { true } else { false }
    }

    /// Bytes up to the first empty line, and with it.
    private static func head(in bytes: ByteBuffer) -> Int? {
        let view = bytes.readableBytesView
        var rest = view[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            rest = rest[(end + 1)...]
            if rest.first == UInt8(ascii: "\n") { return end + 2 - view.startIndex }
            if rest.starts(with: "\r\n".utf8) { return end + 3 - view.startIndex }
        }
        return nil
    }

    private static func endsInEmptyLine(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytesView.suffix(4).elementsEqual("\r\n\r\n".utf8)
    }
}
