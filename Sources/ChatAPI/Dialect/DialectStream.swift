/// A streamed answer in some dialect: read as it comes, and written as it was judged.
///
/// Nothing of the upstream's own bytes is passed on. What goes out is written anew from what was read, so that what was
/// scanned is what is sent.
package protocol DialectStream: Sendable {
    // MARK: Reading

    /// - Throws: `ChatAPIError` with status 502 if the stream is not what the dialect says.
    mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError)
    /// Whether the stream said that it was complete.
    var isComplete: Bool { get }
    /// The answer so far, as the caller would read it.
    var answer: any DialectAnswer { get }
    /// The texts that may go out piece by piece, as far as they have come. Everything else waits for the end.
    var texts: [StreamedText] { get }
    /// Whether a text may go out only when the one before it is out.
    var isSequential: Bool { get }
    /// Whether what each event repeats about the answer holds no words, so that pieces may go out before all is judged.
    var mayBegin: Bool { get }

    // MARK: Writing

    /// The texts of which a piece went out.
    var begun: Set<Int> { get }
    /// A piece of a text, with whatever has to stand in front of it.
    mutating func piece(_ text: String, of number: Int) -> [UInt8]
    /// Everything that has not gone out.
    ///
    /// - Parameters:
    ///   - answer: the whole answer, edited.
    ///   - texts: what is left of those texts that were judged in pieces, by number.
    mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8]
    /// What says nothing, for a caller who would hear nothing for long while something is held; some of it has gone out before.
    mutating func pulse() -> [UInt8]
    /// Ends the stream as one that was filtered, whatever the upstream said behind what has gone out.
    ///
    /// - Parameter words: pieces of a text to end with.
    mutating func filtered(saying words: [String]) -> [UInt8]
    /// Ends the stream as one that could not be carried to its end: clients raise the error.
    mutating func failed(_ error: ChatAPIError) -> [UInt8]
}

extension DialectStream {
    package mutating func pulse() -> [UInt8] { EventStreamWriter.comment }
}

/// A text of a streamed answer that may go out piece by piece.
package struct StreamedText: Sendable, Equatable {
    /// Tells it from the others of the answer; those of a sequential stream ascend.
    package var number: Int
    /// Its place in the assembled answer.
    package var path: String
    package var text: String
    /// Whether no more of it comes.
    package var isWhole: Bool

    package init(number: Int, path: String, text: String, isWhole: Bool) {
        self.number = number
        self.path = path
        self.text = text
        self.isWhole = isWhole
    }
}

/// Text cut into the pieces that a model would send.
package enum TextPieces {
    /// The text cut before its spaces.
    package static func of(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in text {
            if character == " ", !piece.isEmpty {
                pieces.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }
}
