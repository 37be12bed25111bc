/// Undoes DEFLATE (RFC 1951), piece by piece: as far as the bytes go that are there, and as far as there is room.
///
/// What undoes it stands before everything else that a stranger sends: a reader that cannot leave its bounds, and that stops at
/// the first byte too many.
struct Inflate {
    enum Failure: Error {
        /// Not DEFLATE.
        case malformed
        /// More comes out than is allowed.
        case tooLarge
        /// The bytes end before the text does: it goes on where it was once there are more.
        case endsEarly
    }

    private enum State {
        case betweenBlocks
        /// In a block that is not compressed, so many bytes before its end.
        case stored(Int)
        case compressed(PrefixCode, PrefixCode)
    }

    /// How far back a copy may begin.
    static let window = 32 << 10

    private var state = State.betweenBlocks
    private var isLast = false
    /// What came out, and was not dropped.
    private(set) var output: [UInt8] = []
    private let limit: Int

    /// - Parameter limit: of what may come out, in bytes; it does not hold where output is dropped.
    init(limit: Int = .max) { self.limit = limit }

    /// - Returns: what was compressed, and how many bytes of the input that took.
    static func inflate(_ bytes: ArraySlice<UInt8>, limit: Int) throws(Failure) -> (output: [UInt8], consumed: Int) {
        var inflate = Inflate(limit: limit)
        var input = BitReader(bytes)
        do throws(Failure) {
            _ = try inflate.run(&input, until: .max)
        } catch {
            throw error == .endsEarly ? .malformed : error
        }
        return (inflate.output, input.consumed)
    }

    /// Goes on until the text ends, or `output` holds `most` bytes, or up to 257 more than that.
    ///
    /// - Returns: whether the text has ended.
    /// - Throws: `Failure`; `endsEarly` leaves everything as it was before the word that is cut.
    mutating func run(_ input: inout BitReader, until most: Int) throws(Failure) -> Bool {
        while true {
            switch self.state {
            case .betweenBlocks:
                if self.isLast { return true }
                let mark = input.mark
                do throws(Failure) {
                    try self.beginBlock(&input)
                } catch {
                    if error == .endsEarly { input.goBack(to: mark) }
                    throw error
                }
            case .stored(var left):
                // Where the bytes end, those that were taken are not asked for again.
                defer { if case .stored = self.state { self.state = .stored(left) } }
                while left > 0, self.output.count < most {
                    self.output.append(UInt8(try input.bits(8)))
                    left -= 1
                }
                if left > 0 { return false }
                self.state = .betweenBlocks
            case .compressed(let literals, let distances):
                guard try self.copy(literals, distances, &input, until: most) else { return false }
                self.state = .betweenBlocks
            }
        }
    }

    /// Drops what came out, but for as much as later copies may begin in.
    mutating func dropOutput() { self.output.removeFirst(max(0, self.output.count - Self.window)) }

    private mutating func beginBlock(_ input: inout BitReader) throws(Failure) {
        let isLast = try input.bits(1) == 1
        switch try input.bits(2) {
        case 0:
            input.alignToByte()
            let length = try input.bits(16)
            guard try input.bits(16) == ~length & 0xffff else { throw .malformed }
            guard length <= self.limit - self.output.count else { throw .tooLarge }
            self.state = .stored(length)
        case 1:
            guard let literals = PrefixCode.fixed, let distances = PrefixCode.fixedDistances else {
                throw .malformed
            }
            self.state = .compressed(literals, distances)
        case 2:
            let (literals, distances) = try Self.codes(&input)
            self.state = .compressed(literals, distances)
        default: throw .malformed
        }
        self.isLast = isLast
    }

    /// Section 3.2.7: the lengths of the codes, themselves coded.
    private static func codes(_ input: inout BitReader) throws(Failure) -> (PrefixCode, PrefixCode) {
        let literals = try input.bits(5) + 257
        let distances = try input.bits(5) + 1
        let count = try input.bits(4) + 4
        guard literals <= 286, distances <= 30 else { throw .malformed }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<count { lengths[DeflateTables.order[index]] = UInt8(try input.bits(3)) }
        guard let code = PrefixCode(lengths) else { throw .malformed }
        var all: [UInt8] = []
        while all.count < literals + distances {
            let symbol = try code.next(&input)
            var repeated: UInt8 = 0
            var times = 1
            switch symbol {
            case 0...15: repeated = UInt8(symbol)
            case 16:
                guard let last = all.last else { throw .malformed }
                repeated = last
                times = try input.bits(2) + 3
            case 17: times = try input.bits(3) + 3
            default: times = try input.bits(7) + 11
            }
            guard times <= literals + distances - all.count else { throw .malformed }
            all.append(contentsOf: repeatElement(repeated, count: times))
        }
        // A block that cannot end is none.
        guard all[256] != 0, let first = PrefixCode(all[..<literals]), let second = PrefixCode(all[literals...]) else {
            throw .malformed
        }
        return (first, second)
    }

    /// - Returns: whether the block has ended.
    private mutating func copy(
        _ literals: PrefixCode,
        _ distances: PrefixCode,
        _ input: inout BitReader,
        until most: Int
    ) throws(Failure) -> Bool {
        while self.output.count < most {
            let mark = input.mark
            do throws(Failure) {
                let symbol = try literals.next(&input)
                if symbol < 256 {
                    guard self.output.count < self.limit else { throw .tooLarge }
                    self.output.append(UInt8(symbol))
                    continue
                }
                if symbol == 256 { return true }
                try self.copy(symbol, distances, &input)
            } catch {
                if error == .endsEarly { input.goBack(to: mark) }
                throw error
            }
        }
        return false
    }

    private mutating func copy(_ symbol: Int, _ distances: PrefixCode, _ input: inout BitReader) throws(Failure) {
        guard symbol - 257 < DeflateTables.lengths.count else { throw .malformed }
        let (base, extra) = DeflateTables.lengths[symbol - 257]
        let length = base + (try input.bits(extra))
        let code = try distances.next(&input)
        guard code < DeflateTables.distances.count else { throw .malformed }
        let (start, more) = DeflateTables.distances[code]
        let distance = start + (try input.bits(more))
        guard distance <= self.output.count else { throw .malformed }
        guard length <= self.limit - self.output.count else { throw .tooLarge }
        // What is copied may be longer than the distance: it then repeats what was just written.
        var from = self.output.count - distance
        for _ in 0..<length {
            self.output.append(self.output[from])
            from += 1
        }
    }
}
