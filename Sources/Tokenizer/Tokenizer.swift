/// A byte-level BPE tokenizer: text to token ids and back.
///
/// Text can never become a control token: markers such as `<|im_start|>` typed by a user are ordinary characters here, and
/// sequences with markers are built from ids (`ChatMarkup`). Bytes that the vocabulary has no token for (some control
/// characters, in SmolLM's) are left out and their neighbours may merge, as in the reference implementation without an
/// unknown token. Bytes that are no UTF-8 become U+FFFD, one for each maximal ill-formed part, before anything else.
package struct Tokenizer: Sendable {
    /// The number of token ids.
    package let count: Int
    /// Tokens that no text encodes to and that decode to nothing.
    package let controlTokens: Set<Int32>

    /// The bytes of all tokens, one after another; token i is `ends[i - 1]..<ends[i]`.
    private let bytes: [UInt8]
    private let ends: [Int32]
    /// The token of each single byte; -1 where there is none.
    private let byteTokens: [Int32]
    private let merges: MergeTable

    /// - Parameters:
    ///   - tokens: the vocabulary in id order, in the byte-level alphabet (`Ġ` is a space).
    ///   - controlTokens: ids that are markers and not text.
    ///   - merges: pairs of tokens with a space between, first to merge first.
    package init(
        tokens: [String],
        controlTokens: Set<Int32>,
        merges: [String]
    ) throws(TokenizerError) {
        guard !tokens.isEmpty, tokens.count < Int32.max else { throw .vocabularySize(tokens.count) }
        for id in controlTokens where id < 0 || Int(id) >= tokens.count { throw .controlTokenOutOfRange(id) }
        var bytes: [UInt8] = []
        var ends: [Int32] = []
        var byteTokens = [Int32](repeating: -1, count: 256)
        var ids: [String: Int32] = Dictionary(minimumCapacity: tokens.count)
        for (index, token) in tokens.enumerated() {
            let id = Int32(index)
            if !controlTokens.contains(id) {
                guard let decoded = ByteAlphabet.decode(token) else { throw .notByteLevel(token: token) }
                if decoded.count == 1, byteTokens[Int(decoded[0])] < 0 { byteTokens[Int(decoded[0])] = id }
                bytes += decoded
                if ids[token] == nil { ids[token] = id }
            }
            ends.append(Int32(bytes.count))
        }
        self.merges = try Self.table(merges, ids)
        self.count = tokens.count
        self.controlTokens = controlTokens
        self.bytes = bytes
        self.ends = ends
        self.byteTokens = byteTokens
    }

    private static func table(_ merges: [String], _ ids: [String: Int32]) throws(TokenizerError) -> MergeTable {
        var table = MergeTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            // No character of the alphabet is a space, so the first one is the separator.
            guard let space = merge.utf8.firstIndex(of: 0x20) else { throw .badMerge(merge) }
            let left = String(merge[..<space])
            let right = String(merge[merge.utf8.index(after: space)...])
            guard let leftID = ids[left], let rightID = ids[right], let product = ids[left + right] else {
                throw .badMerge(merge)
            }
            table.insert(leftID, rightID, MergeTable.Merge(rank: UInt32(rank), product: product))
        }
        return table
    }

    // MARK: Encoding

    /// The tokens of a text; none is a control token.
    package func encode(_ text: String) -> [Int32] {
        var text = text
        return text.withUTF8(encode)
    }

    /// The tokens of bytes that should be UTF-8.
    package func encode(bytes: some Collection<UInt8>) -> [Int32] {
        encode(String(decoding: bytes, as: UTF8.self))
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.count / 3)
        var words = PreTokenizer(text)
        var merger = WordMerger(merges)
        var symbols: [Int32] = []
        while let word = words.next() {
            symbols.removeAll(keepingCapacity: true)
            for byte in text[word] where byteTokens[Int(byte)] >= 0 { symbols.append(byteTokens[Int(byte)]) }
            merger.merge(&symbols)
            ids += symbols
        }
        return ids
    }

    // MARK: Decoding

    /// The bytes of a token; none for control tokens and ids outside the vocabulary.
    package func bytes(of id: Int32) -> ArraySlice<UInt8> {
        guard id >= 0, Int(id) < count else { return [] }
        let start = id == 0 ? 0 : Int(ends[Int(id) - 1])
        return bytes[start..<Int(ends[Int(id)])]
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    package func decode(_ ids: some Sequence<Int32>) -> String {
        var decoded: [UInt8] = []
        for id in ids { decoded += bytes(of: id) }
        return String(decoding: decoded, as: UTF8.self)
    }
}
