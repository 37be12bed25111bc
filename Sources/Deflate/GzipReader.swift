/// Undoes gzip (RFC 1952) piece by piece, whatever the size of the text: a window and a piece are in memory.
///
/// Members that stand one behind the other are one text, as `zcat` reads them. Anything else behind a member is a failure:
/// what one program reads and another passes over is no record.
package struct GzipReader {
    /// What is wrong with the bytes, and at which of them it shows, from 0.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// They end in the middle of a member.
        case endsEarly(at: Int)
        /// They are no gzip, from the beginning or behind a member.
        case notGzip(at: Int)
        /// What is compressed cannot be.
        case malformed(at: Int)
        /// What came out is not what was put in: its checksum or its length is another.
        case wrongChecksum(at: Int)

        package var description: String {
            switch self {
            case .endsEarly(let byte): "its compressed text is cut off after \(byte) bytes"
            case .notGzip(let byte): "what stands at byte \(byte) is no gzip"
            case .malformed(let byte): "its compressed text is damaged at byte \(byte)"
            case .wrongChecksum(let byte): "the text that ends at byte \(byte) has not the checksum it was packed with"
            }
        }
    }

    private enum State {
        case head, body, tail
    }

    /// Bytes of text that come out at a time, or up to 257 more.
    private static let piece = 64 << 10

    private var input = BitReader()
    private var isEnded = false
    private var state = State.head
    private var members = 0
    private var inflate = Inflate()
    private var checksum = Checksum()
    private var length = 0

    package init() {}

    /// Whether bytes begin as gzip does.
    package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: GzipHead.magic) }

    /// Takes more bytes. Wanted when `next` has returned nil.
    package mutating func feed(_ bytes: [UInt8]) { self.input.append(bytes) }

    /// Says that there are no more.
    package mutating func end() { self.isEnded = true }

    /// The next piece of the text; nil if more bytes are wanted, and at the end.
    ///
    /// - Throws: `Failure`; nothing comes after it.
    package mutating func next() throws(Failure) -> [UInt8]? {
        while true {
            let mark = self.input.mark
            do throws(Inflate.Failure) {
                switch self.state {
                case .head:
                    if self.input.remaining == 0, self.members > 0 || !self.isEnded { return nil }
                    try GzipHead.pass(&self.input)
                    self.begin()
                    continue
                case .body:
                    if let piece = try self.unpack() { return piece }
                    continue
                case .tail:
                    if try self.isSound() { continue }
                }
            } catch {
                // The body goes on where it stopped; what is short is taken anew once it is whole.
                if self.state != .body { self.input.goBack(to: mark) }
                let place = self.input.consumed
                guard error == .endsEarly else {
                    throw self.state == .head ? .notGzip(at: place) : .malformed(at: place)
                }
                guard self.isEnded else { return nil }
                throw .endsEarly(at: place + self.input.remaining)
            }
            throw .wrongChecksum(at: self.input.consumed)
        }
    }

    private mutating func begin() {
        self.inflate = Inflate()
        self.checksum = Checksum()
        self.length = 0
        self.state = .body
    }

    /// A piece of the member's text; nil where it ends without one.
    private mutating func unpack() throws(Inflate.Failure) -> [UInt8]? {
        self.inflate.dropOutput()
        let start = self.inflate.output.count
        var isDone = false
        do throws(Inflate.Failure) {
            isDone = try self.inflate.run(&self.input, until: start + Self.piece)
        } catch {
            // What came out before the bytes ended is a piece.
            guard error == .endsEarly, self.inflate.output.count > start else { throw error }
        }
        if isDone {
            self.input.alignToByte()
            self.state = .tail
        }
        let piece = Array(self.inflate.output[start...])
        guard !piece.isEmpty else { return nil }
        self.checksum.add(piece)
        self.length &+= piece.count
        return piece
    }

    /// Takes what stands behind a member's text.
    ///
    /// - Returns: whether the text is what it says.
    private mutating func isSound() throws(Inflate.Failure) -> Bool {
        let (sum, length) = (try self.input.word(), try self.input.word())
        self.members += 1
        self.state = .head
        return sum == self.checksum.value && length == UInt32(truncatingIfNeeded: self.length)
    }
}
