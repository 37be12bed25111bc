/// Undoes DEFLATE (RFC 1951), a whole text at a time, up to a limit.
///
/// Written here because the proxy has one use for it, bodies of requests, and what undoes them stands before everything else
/// that a stranger sends: a reader that cannot leave its bounds, and that stops at the first byte too many.
struct Inflate {
    enum Failure: Error, Equatable {
        /// Not DEFLATE, or cut short.
        case malformed
        /// More comes out than is allowed.
        case tooLarge
    }

    private var input: BitReader
    private var output: [UInt8] = []
    private let limit: Int

    /// - Returns: what was compressed, and how many bytes of the input that took.
    static func inflate(_ bytes: ArraySlice<UInt8>, limit: Int) throws(Failure) -> (output: [UInt8], consumed: Int) {
        var inflate = Inflate(input: BitReader(bytes), limit: limit)
        try inflate.run()
        return (inflate.output, inflate.input.consumed)
    }

    private init(input: BitReader, limit: Int) {
        self.input = input
        self.limit = limit
    }

    private mutating func run() throws(Failure) {
        var isLast = false
        while !isLast {
            isLast = try self.input.bits(1) == 1
            switch try self.input.bits(2) {
            case 0: try self.stored()
            case 1:
                guard let literals = PrefixCode.fixed, let distances = PrefixCode.fixedDistances else {
                    throw .malformed
                }
                try self.compressed(literals, distances)
            case 2:
                let (literals, distances) = try self.codes()
                try self.compressed(literals, distances)
            default: throw .malformed
            }
        }
    }

    private mutating func stored() throws(Failure) {
        self.input.alignToByte()
        let length = try self.input.bits(16)
        guard try self.input.bits(16) == ~length & 0xffff else { throw .malformed }
        guard length <= self.limit - self.output.count else { throw .tooLarge }
        for _ in 0..<length { self.output.append(UInt8(try self.input.bits(8))) }
    }

    /// Section 3.2.7: the lengths of the codes, themselves coded.
    private mutating func codes() throws(Failure) -> (PrefixCode, PrefixCode) {
        let literals = try self.input.bits(5) + 257
        let distances = try self.input.bits(5) + 1
        let count = try self.input.bits(4) + 4
        guard literals <= 286, distances <= 30 else { throw .malformed }
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<count { lengths[order[index]] = UInt8(try self.input.bits(3)) }
        guard let code = PrefixCode(lengths) else { throw .malformed }
        var all: [UInt8] = []
        while all.count < literals + distances {
            let symbol = try code.next(&self.input)
            var repeated: UInt8 = 0
            var times = 1
            switch symbol {
            case 0...15: repeated = UInt8(symbol)
            case 16:
                guard let last = all.last else { throw .malformed }
                repeated = last
                times = try self.input.bits(2) + 3
            case 17: times = try self.input.bits(3) + 3
            default: times = try self.input.bits(7) + 11
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

    private mutating func compressed(_ literals: PrefixCode, _ distances: PrefixCode) throws(Failure) {
        while true {
            let symbol = try literals.next(&self.input)
            if symbol < 256 {
                guard self.output.count < self.limit else { throw .tooLarge }
                self.output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengths.count else { throw .malformed }
            let (base, extra) = Self.lengths[symbol - 257]
            let length = base + (try self.input.bits(extra))
            let code = try distances.next(&self.input)
            guard code < Self.distances.count else { throw .malformed }
            let (start, more) = Self.distances[code]
            let distance = start + (try self.input.bits(more))
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

    /// Section 3.2.5: the shortest length of each symbol from 257 on, and how many bits say how much longer it is.
    private static let lengths: [(base: Int, extra: Int)] = {
        let extra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]
        var base = 3
        var all: [(base: Int, extra: Int)] = extra.map { bits in
            defer { base += 1 << bits }
            return (base, bits)
        }
        // The last has a symbol of its own.
        all.append((258, 0))
        return all
    }()

    /// The same for distances.
    private static let distances: [(base: Int, extra: Int)] = {
        var base = 1
        return (0..<30).map { code in
            let bits = code < 4 ? 0 : code / 2 - 1
            defer { base += 1 << bits }
            return (base, bits)
        }
    }()
}
