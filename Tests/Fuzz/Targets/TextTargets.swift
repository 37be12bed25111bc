import GuardianModel
import Tokenizer
import Transformer

extension FuzzTarget {
    static func readVocabulary(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let file = try? GGUFFile(MappedFile(copying: input, path: "input")),
            let tokenizer = try? Tokenizer(file)
        else { return false }
        TextTrial.run(tokenizer, "the  cat's 12\n\u{e9}\u{5b57}\u{1f600} \u{0} the theatre")
        return true
    }

    static func encode(_ input: UnsafeRawBufferPointer) -> Bool {
        let tokens = TextTrial.tokenizer.encode(bytes: input)
        // A vocabulary with every byte loses nothing but what is no UTF-8.
        let text = String(decoding: input, as: UTF8.self)
        precondition(TextTrial.tokenizer.decode(tokens).utf8.elementsEqual(text.utf8), "the text has changed")
        TextTrial.run(TextTrial.tokenizer, text)
        return true
    }
}

/// What must hold for any tokenizer and text.
enum TextTrial {
    /// All bytes, some merges, and a control token.
    static let tokenizer: Tokenizer = {
        var bytes = (0...255).map { UInt8($0) }
        var ends = (1...256).map { Int32($0) }
        var merges: [Int32] = []
        func text(_ id: Int32) -> ArraySlice<UInt8> {
            bytes[(id == 0 ? 0 : Int(ends[Int(id) - 1]))..<Int(ends[Int(id)])]
        }
        func merge(_ left: Int32, _ right: Int32) -> Int32 {
            bytes += Array(text(left)) + Array(text(right))
            ends.append(Int32(bytes.count))
            merges += [left, right, Int32(ends.count - 1)]
            return Int32(ends.count - 1)
        }
        let pairs: [Int32] = [0x61, 0x20, 0x0a, 0xf0, 0x9f].map { merge($0, $0) }
        let runs = pairs.map { merge($0, $0) }
        _ = runs.map { merge($0, $0) }
        _ = merge(0x20, merge(merge(0x74, 0x68), 0x65))
        _ = merge(0xc3, 0xa9)
        ends.append(Int32(bytes.count))
        let tables = TokenizerTables(
            bytes: bytes,
            ends: ends,
            controlTokens: [Int32(ends.count - 1)],
            merges: merges
        )
        do {
            return try Tokenizer(tables)
        } catch {
            preconditionFailure("the vocabulary is wrong: \(error)")
        }
    }()

    static func run(_ tokenizer: Tokenizer, _ text: String) {
        let tokens = tokenizer.encode(text)
        var stream = StreamDecoder(tokenizer)
        var pieces = ""
        for token in tokens {
            precondition(token >= 0 && Int(token) < tokenizer.count, "\(token) is no token")
            precondition(!tokenizer.controlTokens.contains(token), "text has become the control token \(token)")
            pieces += stream.append(token)
        }
        pieces += stream.finish()
        precondition(pieces.utf8.elementsEqual(tokenizer.decode(tokens).utf8), "the stream says something else")
        for id in [-1, Int32(truncatingIfNeeded: tokenizer.count), .max, .min] {
            precondition(tokenizer.bytes(of: id).isEmpty, "\(id) is no token and has bytes")
        }
    }
}
