/// A vocabulary and its merges as plain numbers: the form in which a packed model file holds them.
package struct TokenizerTables: Sendable, Equatable {
    /// The bytes of all tokens, one after another.
    package var bytes: [UInt8]
    /// Where each token's bytes end in `bytes`, in id order.
    package var ends: [Int32]
    /// Tokens that no text encodes to; they have no bytes.
    package var controlTokens: [Int32]
    /// For each merge the token on the left, the one on the right and what they become; first to merge first.
    package var merges: [Int32]

    package init(bytes: [UInt8], ends: [Int32], controlTokens: [Int32], merges: [Int32]) {
        self.bytes = bytes
        self.ends = ends
        self.controlTokens = controlTokens
        self.merges = merges
    }

    /// Reads a vocabulary from its written form.
    ///
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
        var ids: [String: Int32] = Dictionary(minimumCapacity: tokens.count)
        for (index, token) in tokens.enumerated() {
            let id = Int32(index)
            if !controlTokens.contains(id) {
                guard let decoded = ByteAlphabet.decode(token) else { throw .notByteLevel(token: token) }
                bytes += decoded
                if ids[token] == nil { ids[token] = id }
            }
            guard let end = Int32(exactly: bytes.count) else { throw .malformedTables("more bytes than 2 GiB") }
            ends.append(end)
        }
        self.bytes = bytes
        self.ends = ends
        self.controlTokens = controlTokens.sorted()
        self.merges = []
        self.merges.reserveCapacity(merges.count * 3)
        for merge in merges {
            // No character of the alphabet is a space, so the first one is the separator.
            guard let space = merge.utf8.firstIndex(of: 0x20) else { throw .badMerge(merge) }
            let left = String(merge[..<space])
            let right = String(merge[merge.utf8.index(after: space)...])
            guard let leftID = ids[left], let rightID = ids[right], let product = ids[left + right] else {
                throw .badMerge(merge)
            }
            self.merges += [leftID, rightID, product]
        }
    }

    /// Checks what encoding and decoding rely on: every id has bytes that are there, and a merge's product those of its
    /// two tokens.
    func check() throws(TokenizerError) {
        guard !ends.isEmpty, ends.count < Int32.max else { throw .vocabularySize(ends.count) }
        var start: Int32 = 0
        for end in ends {
            guard end >= start else { throw .malformedTables("a token ends before it begins") }
            start = end
        }
        guard Int(start) == bytes.count else { throw .malformedTables("the last token does not end with the bytes") }
        for id in controlTokens {
            guard let range = range(of: id) else { throw .controlTokenOutOfRange(id) }
            guard range.isEmpty else { throw .malformedTables("the control token \(id) has bytes") }
        }
        guard merges.count % 3 == 0 else { throw .malformedTables("the merges are no triples") }
        for index in stride(from: 0, to: merges.count, by: 3) {
            guard let left = range(of: merges[index]), let right = range(of: merges[index + 1]),
                let product = range(of: merges[index + 2]), !left.isEmpty, !right.isEmpty,
                product.count == left.count + right.count,
                bytes[product].prefix(left.count) == bytes[left], bytes[product].suffix(right.count) == bytes[right]
            else { throw .malformedTables("merge \(index / 3) does not join two tokens to a third") }
        }
    }

    private func range(of id: Int32) -> Range<Int>? {
        guard id >= 0, Int(id) < ends.count else { return nil }
        return (id == 0 ? 0 : Int(ends[Int(id) - 1]))..<Int(ends[Int(id)])
    }
}
