/// A tokenizer's vocabulary as a packed model file holds it. This room does not know the tokenizer: whoever joins the two
/// carries the numbers over, and the tokenizer checks what they mean.
package struct PackedTokenizer: Sendable, Equatable {
    /// The bytes of all tokens, one after another.
    package var bytes: [UInt8]
    /// Where each token's bytes end.
    package var ends: [Int32]
    package var controlTokens: [Int32]
    /// Left token, right token and product of each merge.
    package var merges: [Int32]

    package init(bytes: [UInt8], ends: [Int32], controlTokens: [Int32], merges: [Int32]) {
        self.bytes = bytes
        self.ends = ends
        self.controlTokens = controlTokens
        self.merges = merges
    }

    enum Section: String, CaseIterable {
        case bytes = "tokenizer.bytes"
        case ends = "tokenizer.ends"
        case controlTokens = "tokenizer.control"
        case merges = "tokenizer.merges"
    }

    var parts: [PackedModelWriter.Part] {
        Section.allCases.map { section in
            let bytes =
                switch section {
                case .bytes: bytes
                case .ends: Self.bytes(ends)
                case .controlTokens: Self.bytes(controlTokens)
                case .merges: Self.bytes(merges)
                }
            return PackedModelWriter.Part(name: section.rawValue, bytes: bytes)
        }
    }

    private static func bytes(_ numbers: [Int32]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

    /// - Parameter section: the bytes of a section, aligned to 4.
    init(
        path: String,
        section: (String) throws(ModelFileError) -> UnsafeRawBufferPointer
    ) throws(ModelFileError) {
        func numbers(_ name: Section) throws(ModelFileError) -> [Int32] {
            let bytes = try section(name.rawValue)
            guard bytes.count % MemoryLayout<Int32>.stride == 0 else {
                throw ModelFileError(.malformed, "gives \(name.rawValue) \(bytes.count) bytes", path: path)
            }
            return Array(bytes.bindMemory(to: Int32.self))
        }
        bytes = Array(try section(Section.bytes.rawValue))
        ends = try numbers(.ends)
        controlTokens = try numbers(.controlTokens)
        merges = try numbers(.merges)
    }
}
