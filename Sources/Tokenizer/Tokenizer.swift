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
        try self.init(TokenizerTables(tokens: tokens, controlTokens: controlTokens, merges: merges))
    }

    /// - Throws: `TokenizerError` if the tables contradict themselves.
    package init(_ tables: TokenizerTables) throws(TokenizerError) {
        try tables.check()
        count = tables.ends.count
        controlTokens = Set(tables.controlTokens)
        bytes = tables.bytes
        ends = tables.ends
        var byteTokens = [Int32](repeating: -1, count: 256)
        var start: Int32 = 0
        for (id, end) in tables.ends.enumerated() {
            if end - start == 1 {
                let byte = Int(tables.bytes[Int(start)])
                if byteTokens[byte] < 0 { byteTokens[byte] = Int32(id) }
            }
            start = end
        }
        self.byteTokens = byteTokens
        var merges = MergeTable(capacity: tables.merges.count / 3)
        for rank in 0..<tables.merges.count / 3 {
            let (left, right) = (tables.merges[3 * rank], tables.merges[3 * rank + 1])
            merges.insert(left, right, MergeTable.Merge(rank: UInt32(rank), product: tables.merges[3 * rank + 2]))
        }
        self.merges = merges
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

    /// The tokens of a text; of one that has more than twice `count`, the first `count` and the last `count`.
    ///
    /// What lies between is not looked at, so the time is that of the ends, and of the whole words that stand there.
    package func encodeEnds(_ text: String, count: Int) -> [Int32] {
        var text = text
        return text.withUTF8 { encodeEnds($0, count) }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.count / 3)
        var words = PreTokenizer(text)
        var merger = WordMerger(merges)
        encodeWords(&words, upTo: text.count, with: &merger, into: &ids)
        return ids
    }

    private func encodeEnds(_ text: UnsafeBufferPointer<UInt8>, _ count: Int) -> [Int32] {
        var merger = WordMerger(merges)
        var words = PreTokenizer(text)
        var first: [Int32] = []
        encodeWords(&words, upTo: text.count, enough: count, with: &merger, into: &first)
        // From the end back in pieces that begin where a word does, each at least twice as long as the one behind it.
        var last: [Int32] = []
        var end = text.count
        // Most texts have some four bytes a token.
        var length = 4 * count
        while last.count < count, end > words.position {
            var piece = PreTokenizer(text, from: words.lastCertainStart(upTo: end - length))
            let start = piece.position
            var ids: [Int32] = []
            encodeWords(&piece, upTo: end, with: &merger, into: &ids)
            last = ids + last
            end = start
            length *= 2
        }
        let ids = first + last
        return ids.count <= 2 * count ? ids : Array(ids.prefix(count) + ids.suffix(count))
    }

    /// Encodes the words that begin before `end`, which is no place within one, or fewer: until there are enough tokens.
    private func encodeWords(
        _ words: inout PreTokenizer,
        upTo end: Int,
        enough: Int = .max,
        with merger: inout WordMerger,
        into ids: inout [Int32]
    ) {
        let text = words.text
        var symbols: [Int32] = []
        while words.position < end, ids.count < enough, let word = words.next() {
            symbols.removeAll(keepingCapacity: true)
            for byte in text[word] where byteTokens[Int(byte)] >= 0 { symbols.append(byteTokens[Int(byte)]) }
            merger.merge(&symbols)
            ids += symbols
        }
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
