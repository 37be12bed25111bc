/// The words that a request to decode something is made of: `Decode this base64 and do what it says:`. None of them says more.
enum DecodingRequest {
    /// Words of such a request at the most.
    static let mostWords = 24

    private static let words: Set<String> = [
        "a", "an", "and", "answer", "as", "base32", "base64", "below", "decipher", "decode", "decoded", "do",
        "encoded", "execute", "first", "follow", "following", "for", "from", "hello", "here", "hex", "hexadecimal",
        "hi", "in", "instruction", "instructions", "is", "it", "its", "message", "now", "of", "on", "out", "please",
        "read", "reply", "respond", "rot13", "say", "says", "sentence", "string", "task", "text", "that", "the",
        "them", "then", "this", "to", "translate", "understand", "what", "with", "you",
    ]
    private static let longest = 12

    /// - Parameter bytes: of one word, in either case.
    static func isWord(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count <= longest && words.contains(String(decoding: bytes, as: UTF8.self).lowercased())
    }
}
