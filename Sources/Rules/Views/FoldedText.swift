/// A text for finding strings in, whatever their letter case and white space: each scalar in lower case, each run of
/// white space one space.
struct FoldedText: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Back to the text that was folded.
    private(set) var map = OffsetMap()

    init(_ source: [UInt8]) {
        source.withUnsafeBufferPointer { source in
            let start = foldASCII(source)
            if start < source.count { fold(source, from: start) }
        }
    }

    /// Folds what stands before the first byte that is not ASCII, or before the white space in front of it.
    ///
    /// - Returns: where that is.
    private mutating func foldASCII(_ source: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let raw = UnsafeRawPointer(base)
        var position = 0
        var map = OffsetMap()
        bytes = Array(unsafeUninitializedCapacity: source.count) { target, count in
            guard let output = UnsafeMutableRawPointer(target.baseAddress) else { return }
            var verbatim = 0
            while position < source.count {
                if position + 9 <= source.count {
                    let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    if let folded = Self.fold(word, before: source[position + 8]) {
                        output.storeBytes(of: folded, toByteOffset: count, as: UInt64.self)
                        position += 8
                        count += 8
                        continue
                    }
                }
                let byte = source[position]
                if byte >= 0x80 { break }
                guard Self.isSpace(UInt32(byte)) else {
                    output.storeBytes(of: Self.lowercased(byte), toByteOffset: count, as: UInt8.self)
                    position += 1
                    count += 1
                    continue
                }
                var end = position + 1
                while end < source.count, source[end] < 0x80, Self.isSpace(UInt32(source[end])) { end += 1 }
                // White space may go on beyond ASCII.
                if end < source.count, source[end] >= 0x80 { break }
                output.storeBytes(of: 0x20, toByteOffset: count, as: UInt8.self)
                count += 1
                if end > position + 1 {
                    map.append(viewLength: position - verbatim, source: verbatim..<position)
                    map.append(viewLength: 1, source: position..<end)
                    verbatim = end
                }
                position = end
            }
            map.append(viewLength: position - verbatim, source: verbatim..<position)
        }
        self.map = map
        return position
    }

    /// Eight bytes in lower case; nil if any is not ASCII or needs a closer look: white space but for single spaces.
    @inline(__always)
    private static func fold(_ word: UInt64, before next: UInt8) -> UInt64? {
        guard word & ByteWord.high == 0, (word &- ByteWord.every(0x20)) & ByteWord.high == 0 else { return nil }
        let spaces = ByteWord.zeroes(word ^ ByteWord.every(0x20)) & ByteWord.high
        guard spaces & spaces << 8 == 0, spaces >> 63 == 0 || next > 0x20 && next < 0x80 else { return nil }
        let upper = ByteWord.members(word, of: 0x41...0x5A) & ByteWord.high
        return word | upper >> 2
    }

    private mutating func fold(_ source: UnsafeBufferPointer<UInt8>, from start: Int) {
        var position = start
        while position < source.count {
            let start = position
            while position < source.count, let folded = Self.foldAlone(source, at: position) {
                bytes.append(folded)
                position += 1
            }
            guard position == start else {
                map.append(viewLength: position - start, source: start..<position)
                continue
            }
            let (value, length) = UTF8Scalars.decode(source, at: position)
            position += length
            if Self.isSpace(value) {
                while position < source.count {
                    let (next, length) = UTF8Scalars.decode(source, at: position)
                    guard Self.isSpace(next) else { break }
                    position += length
                }
                bytes.append(0x20)
                map.append(viewLength: 1, source: start..<position)
            } else {
                let folded = Unicode.Scalar(value).map(Self.fold) ?? []
                bytes += folded
                map.append(viewLength: folded.count, source: start..<position)
            }
        }
    }

    /// The folded byte, where the one at `position` is ASCII and, if white space, the only one in its run.
    @inline(__always)
    private static func foldAlone(_ source: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt8? {
        let byte = source[position]
        guard byte < 0x80 else { return nil }
        guard isSpace(UInt32(byte)) else { return lowercased(byte) }
        guard position + 1 < source.count, source[position + 1] > 0x20, source[position + 1] < 0x80 else { return nil }
        // A space after one that was folded with its run cannot come here: the run was taken whole.
        return 0x20
    }

    /// One scalar in lower case; a space for white space. Final sigma is a sigma.
    static func fold(_ scalar: Unicode.Scalar) -> [UInt8] {
        if isSpace(scalar.value) { return [0x20] }
        if scalar.isASCII { return [lowercased(UInt8(scalar.value))] }
        if scalar == "ς" { return Array("σ".utf8) }
        return Array(scalar.properties.lowercaseMapping.utf8)
    }

    @inline(__always)
    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    @inline(__always)
    private static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
