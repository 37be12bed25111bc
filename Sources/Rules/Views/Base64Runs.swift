/// Finds base64 (RFC 4648, both alphabets, with or without padding and line breaks) anywhere in a text.
enum Base64Runs {
    /// Decoded bytes that make a text.
    private static let minimumBytes = 10
    /// From this many characters in a row on a line break or a space may lie within a run, as mail folds it.
    private static let foldedLineLength = LetterRuns.minimumLength
    /// Characters that have to follow a space: shorter ones are a word behind the run.
    private static let shortestGroup = 8

    /// By byte: its value, `none` if it has none.
    static let values: [UInt8] = (0...255).map { value(UInt8($0)) ?? none }
    static let none: UInt8 = 0xFF

    static func find(in text: [UInt8]) -> [DecodedRun] { find(in: text, among: LetterRuns.find(in: text)) }

    /// - Parameter letterRuns: those of the text.
    static func find(in text: [UInt8], among letterRuns: [Range<Int>]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var end = 0
        for letters in letterRuns where letters.lowerBound >= end {
            let run = FoldedRun(in: text, from: letters.lowerBound)
            runs += decode(run)
            end = run.end
        }
        return runs
    }

    /// A run and the line breaks in it.
    private struct FoldedRun {
        var values: [UInt8] = []
        /// From the values to the text.
        var map = OffsetMap()
        var end: Int

        init(in text: [UInt8], from start: Int) {
            let table = Base64Runs.values
            end = start
            var line = start
            while true {
                while end < text.count, case let value = table[Int(text[end])], value != none {
                    values.append(value)
                    end += 1
                }
                map.append(viewLength: end - line, source: line..<end)
                guard end - line >= foldedLineLength else { return }
                var next = end
                if next < text.count, text[next] == 0x0D { next += 1 }
                if next < text.count, text[next] == 0x0A { next += 1 }
                if next == end, next + shortestGroup < text.count, text[next] == 0x20,
                    text[(next + 1)...].prefix(shortestGroup).allSatisfy({ table[Int($0)] != none })
                {
                    next += 1
                }
                guard next > end, next < text.count, table[Int(text[next])] != none else { return }
                (line, end) = (next, next)
            }
        }
    }

    /// Decodes from each of the four places a group may begin at: the run may be glued to other letters.
    private static func decode(_ run: FoldedRun) -> [DecodedRun] {
        (0..<4).flatMap { offset in
            let bytes = BitPacking.bytes(run.values.dropFirst(offset), width: 6)
            return ReadableText.stretches(of: bytes, minimum: minimumBytes, needsWords: true).map { stretch in
                let characters = BitPacking.characters(of: stretch, width: 6)
                let source = run.map.source(of: offset + characters.lowerBound..<offset + characters.upperBound)
                return DecodedRun(
                    encoding: .base64,
                    bytes: Array(bytes[stretch]),
                    map: OffsetMap(viewLength: stretch.count, source: source)
                )
            }
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x61 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
