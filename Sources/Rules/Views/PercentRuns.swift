/// Finds percent-encoded text (RFC 3986) and decodes the whole word around it, `+` read as a space; and lines with escapes in any of
/// their words.
enum PercentRuns {
    /// Escapes a word, or a line, must have to be read by the model: a stray `100%25` is no hidden text.
    static let minimumEscapes = 3

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0A) ?? text.count
            if text[start..<end].contains(UInt8(ascii: "%")) { runs += find(in: text, line: start..<end) }
            start = end + 1
        }
        return runs
    }

    private static func find(in text: [UInt8], line: Range<Int>) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var all = 0
        var inRuns = 0
        var position = line.lowerBound
        while position < line.upperBound {
            let start = position
            var escapes = 0
            while position < line.upperBound, text[position] > 0x20 {
                if escape(text, at: position) != nil { escapes += 1 }
                position += 1
            }
            if escapes >= minimumEscapes {
                runs.append(decode(text, start..<position))
                inRuns += escapes
            }
            all += escapes
            position += 1
        }
        // Rules read the line as well, unless it is the one word.
        if all > 0, runs.count != 1 || runs[0].map.source(of: runs[0].bytes.indices) != line {
            var whole = decode(text, line)
            // So does the model where escapes stand in other words, too, and then not the words by themselves.
            whole.isForModel = all >= minimumEscapes && all > inRuns
            if whole.isForModel {
                for index in runs.indices { runs[index].isForModel = false }
            }
            runs.append(whole)
        }
        return runs
    }

    private static func decode(_ text: [UInt8], _ word: Range<Int>) -> DecodedRun {
        var bytes: [UInt8] = []
        var sources: [Range<Int>] = []
        var position = word.lowerBound
        while position < word.upperBound {
            let value = escape(text, at: position)
            let end = position + (value == nil ? 1 : 3)
            bytes.append(value ?? (text[position] == UInt8(ascii: "+") ? 0x20 : text[position]))
            sources.append(position..<end)
            position = end
        }
        // Scalar by scalar, so that what is not UTF-8 becomes U+FFFD and offsets stay right.
        var run = DecodedRun(encoding: .percent, bytes: [], map: OffsetMap())
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let (value, length) = UTF8Scalars.decode(buffer, at: index)
                let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
                let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                run.bytes += encoded
                let source = sources[index].lowerBound..<sources[index + length - 1].upperBound
                run.map.append(viewLength: encoded.count, source: source)
                index += length
            }
        }
        return run
    }

    private static func escape(_ text: [UInt8], at position: Int) -> UInt8? {
        guard text[position] == UInt8(ascii: "%"), position + 2 < text.count,
            let high = HexadecimalRuns.digit(text[position + 1]), let low = HexadecimalRuns.digit(text[position + 2])
        else { return nil }
        return high << 4 | low
    }
}
