/// Finds text carried by scalars that nothing shows: the tag block, and variation selectors used as bytes.
///
/// A model may read such text though no person can.
enum InvisibleRuns {
    /// Hidden bytes that make a text.
    static let minimumBytes = 4

    static func find(in text: [UInt8]) -> [DecodedRun] {
        // Both kinds begin with one of these bytes in UTF-8.
        guard text.contains(where: { $0 == 0xF3 || $0 == 0xEF }) else { return [] }
        // Each kind for itself: what is of the other parts nothing, since nobody sees it.
        return [TextEncoding.tags, .variationSelectors].flatMap { find($0, in: text) }
    }

    private static func find(_ encoding: TextEncoding, in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var hidden: [UInt8] = []
        var source: Range<Int>?
        func close() {
            if let source {
                for stretch in ReadableText.stretches(of: hidden, minimum: minimumBytes, needsWords: false) {
                    runs.append(
                        DecodedRun(
                            encoding: encoding,
                            bytes: Array(hidden[stretch]),
                            map: OffsetMap(viewLength: stretch.count, wholeOf: source)
                        )
                    )
                }
            }
            (hidden, source) = ([], nil)
        }
        text.withUnsafeBufferPointer { text in
            var position = 0
            while position < text.count {
                let (scalar, length) = UTF8Scalars.decode(text, at: position)
                let start = position
                position += length
                guard let (carrier, byte) = carried(by: scalar), carrier == encoding else {
                    if !ScalarClass.isInvisible(scalar) { close() }
                    if scalar == flag, encoding == .tags, let end = flagEnd(in: text, from: position) { position = end }
                    continue
                }
                if let byte { hidden.append(byte) }
                source = (source?.lowerBound ?? start)..<position
            }
        }
        close()
        return runs
    }

    private static let flag: UInt32 = 0x1F3F4
    /// Letters and digits of a region, such as `gbsct`.
    private static let longestRegion = 6

    /// Where the flag of a region ends (Scotland's, for example: a black flag, a few tags, and the tag that ends them); nil if what
    /// follows is none.
    private static func flagEnd(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        for _ in 0...longestRegion where position < text.count {
            let (scalar, length) = UTF8Scalars.decode(text, at: position)
            position += length
            switch scalar {
            case 0xE007F: return position
            case 0xE0030...0xE0039, 0xE0061...0xE007A: continue
            default: return nil
            }
        }
        return nil
    }

    /// The byte that a scalar stands for; a nil byte only delimits.
    private static func carried(by scalar: UInt32) -> (encoding: TextEncoding, byte: UInt8?)? {
        switch scalar {
        case 0xE0001, 0xE007F: (.tags, nil)
        case 0xE0020...0xE007E: (.tags, UInt8(scalar - 0xE0000))
        case 0xFE00...0xFE0F: (.variationSelectors, UInt8(scalar - 0xFE00))
        case 0xE0100...0xE01EF: (.variationSelectors, UInt8(scalar - 0xE0100 + 16))
        default: nil
        }
    }
}
