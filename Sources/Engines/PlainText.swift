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
