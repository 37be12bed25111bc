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
        let raw = UnsafeRawBufferPointer(source)
        var position = start
        /// From here on each byte stands for one.
        var verbatim = start
        bytes.reserveCapacity(source.count)
        while position < source.count {
            if position + 9 <= source.count,
                let folded = Self.fold(
                    raw.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                    before: source[position + 8]
                )
            {
                withUnsafeBytes(of: folded) { bytes.append(contentsOf: $0) }
                position += 8
                continue
            }
            let (value, length) = UTF8Scalars.decode(source, at: position)
            let place = position
            position += length
            if Self.isSpace(value) {
                while position < source.count, case let (next, length) = UTF8Scalars.decode(source, at: position),
                    Self.isSpace(next)
                { position += length }
                bytes.append(0x20)
                if position - place == 1 { continue }
                map.append(viewLength: place - verbatim, source: verbatim..<place)
                map.append(viewLength: 1, source: place..<position)
                verbatim = position
            } else if value < 0x80 {
                bytes.append(Self.lowercased(UInt8(value)))
            } else if Self.isCaseless(value) {
                bytes.append(contentsOf: source[place..<position])
            } else {
                let folded = Unicode.Scalar(value).map(Self.fold) ?? []
                bytes += folded
                if folded.count == length { continue }
                map.append(viewLength: place - verbatim, source: verbatim..<place)
                map.append(viewLength: folded.count, source: place..<position)
                verbatim = position
            }
        }
        map.append(viewLength: position - verbatim, source: verbatim..<position)
    }

    /// Scalars of scripts without letter case, and quotation marks and dashes: a quick answer for most of them.
    @inline(__always)
    static func isCaseless(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0590...0x109F, 0x2010...0x2027, 0x2030...0x205E, 0x2E80...0xA63F, 0xAC00...0xD7FF: true
        default: false
        }
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
