/// Finds text carried by scalars that nothing shows: the tag block, and variation selectors used as bytes.
///
/// A model may read such text though no person can.
enum InvisibleRuns {
    /// Hidden bytes that make a text.
    static let minimumBytes = 4

    static func find(in text: [UInt8]) -> [DecodedRun] {
        // Both kinds begin with one of these bytes in UTF-8.
        guard text.contains(where: { $0 == 0xF3 || $0 == 0xEF }) else { return [] }
        var runs: [DecodedRun] = []
        var hidden: [UInt8] = []
        var source = 0..<0
        var current: TextEncoding?
        func close() {
            guard let encoding = current else { return }
            for stretch in ReadableText.stretches(of: hidden, minimum: minimumBytes, needsWords: false) {
                runs.append(
                    DecodedRun(
                        encoding: encoding,
                        bytes: Array(hidden[stretch]),
                        map: OffsetMap(viewLength: stretch.count, source: source)
                    )
                )
            }
            current = nil
        }
        text.withUnsafeBufferPointer { text in
            var position = 0
            var isFlag = false
            while position < text.count {
                let (scalar, length) = UTF8Scalars.decode(text, at: position)
                let start = position
                position += length
                guard let (encoding, byte) = carried(by: scalar) else {
                    close()
                    isFlag = scalar == 0x1F3F4
                    continue
                }
                // A subdivision flag (Scotland's, for example) is a black flag and tags.
                if isFlag, encoding == .tags { continue }
                if current != encoding {
                    close()
                    current = encoding
                    hidden = []
                    source = start..<start
                }
                if let byte { hidden.append(byte) }
                source = source.lowerBound..<position
            }
        }
        close()
        return runs
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
