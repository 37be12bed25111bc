/// Why a vocabulary cannot be used.
package enum TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No tokens, or more than a 32-bit id can count.
    case vocabularySize(Int)
    /// A token holds a character that stands for no byte.
    case notByteLevel(token: String)
    /// A merge is not two tokens, or its product is no token.
    case badMerge(String)
    /// A control token's id is outside the vocabulary.
    case controlTokenOutOfRange(Int32)
    /// Tables of numbers contradict themselves.
    case malformedTables(String)

    package var description: String {
        switch self {
        case .vocabularySize(let count): "the vocabulary has \(count) tokens"
        case .notByteLevel(let token): "the token \(token.debugDescription) is not in the byte-level alphabet"
        case .badMerge(let merge): "the merge \(merge.debugDescription) does not join two tokens to a third"
        case .controlTokenOutOfRange(let id): "the control token \(id) is outside the vocabulary"
        case .malformedTables(let reason): "the vocabulary's tables are damaged: \(reason)"
        }
    }
}
