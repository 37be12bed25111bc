/// A text as it may stand in a prompt: what would end its place, or begin a turn of its own, is spelled so that it does neither.
///
/// Servers read special tokens wherever their spelling stands in a prompt, so a caller who writes `<|eot_id|>` would otherwise
/// write the end of the question, and the answer.
enum PlainText {
    /// Beginnings of special tokens, and of what the templates put around texts, in lower case.
    private static let markers = [
        "<|", "<start_of_", "<end_of_", "<bos>", "<eos>", "<pad>", "<unk>", "<s>", "</s>", "[inst]", "[/inst]",
        "<<sys>>",
        "<begin ", "<end ", "<text>", "</text>", "<think>", "</think>", "<guardian>", "<tool_call>", "</tool_call>",
        // The bar is a wide one, U+FF5C.
        "<\u{FF5C}",
        "[|", "[system_prompt]", "[/system_prompt]", "[available_tools]", "[/available_tools]", "[tool_calls]",
        "[tool_results]", "[/tool_results]",
    ].map { Array($0.utf8) }
    /// A space that takes no room (U+200B).
    private static let separator: [UInt8] = [0xE2, 0x80, 0x8B]

    static func neutralised(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(where: { $0 == 0x3C || $0 == 0x5B }) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 16)
        for (index, byte) in bytes.enumerated() {
            output.append(byte)
            guard byte == 0x3C || byte == 0x5B else { continue }
            if markers.contains(where: { bytes[index...].begins(with: $0) }) { output += separator }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The text as it may stand behind a label such as `User:`, in a prompt that tells turns from each other by labels at the
    /// beginnings of lines.
    ///
    /// - Parameter labels: the words of the labels, in lower case and without what is no letter: `humanquestion`.
    static func neutralised(_ text: String, labels: Set<String>) -> String {
        let longest = labels.map(\.unicodeScalars.count).max() ?? 0
        var output = String.UnicodeScalarView()
        // The letters of the line so far; nil once it cannot begin with a label any more.
        var letters: String.UnicodeScalarView? = String.UnicodeScalarView()
        for scalar in neutralised(text).unicodeScalars {
            switch scalar {
            case "\n", "\u{0B}", "\u{0C}", "\r", "\u{85}", "\u{2028}", "\u{2029}": letters = String.UnicodeScalarView()
            case ":", "\u{FF1A}":
                if let word = letters, labels.contains(String(word)) { output.append("\u{200B}") }
                letters = nil
            case _ where scalar.properties.isAlphabetic:
                letters?.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
                if (letters?.count ?? 0) > longest { letters = nil }
            default: break
            }
            output.append(scalar)
        }
        return String(output)
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes begin with others, which are in lower case, whatever the case here.
    fileprivate func begins(with other: [UInt8]) -> Bool {
        guard count >= other.count else { return false }
        return zip(self, other).allSatisfy { byte, wanted in
            ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) == wanted
        }
    }
}
