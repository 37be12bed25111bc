import NIOCore
import Synchronization

/// When each token of a stream was written by the origin: what a client has of it later is how long it was on its way.
final class TokenClock: Sendable {
    struct Stream: Sendable {
        var tokens: [String]
        var written: [NIODeadline] = []
    }

    private let streams = Mutex<[String: Stream]>([:])

    func begin(_ name: String, _ tokens: [String]) { streams.withLock { $0[name] = Stream(tokens: tokens) } }

    /// The next token of a stream, which is written now; nil after the last.
    func write(_ name: String) -> String? {
        streams.withLock { streams in
            guard let stream = streams[name], stream.written.count < stream.tokens.count else { return nil }
            streams[name]?.written.append(.now())
            return stream.tokens[stream.written.count]
        }
    }

    /// The stream, which is forgotten.
    func end(_ name: String) -> Stream? { streams.withLock { $0.removeValue(forKey: name) } }
}

/// Texts of harmless words, no two alike, so that nothing is answered from a memory of what was read before.
struct StreamTexts {
    private static let sentences = [
        "Bread keeps best in a wooden box with the cut side down", "Soup needs water and time and what the garden has",
        "Tomatoes like a warm wall and a deep drink every morning",
        "A bicycle chain wants a drop of oil after the rain",
        "The library opens at nine and closes when the lamps are lit", "Wool is washed cold and dried flat on a towel",
        "Apples last all winter in a cool and dark cellar", "The ferry to the island leaves from the second pier",
        "A good knot holds under load and opens without a knife", "Tea is better when the pot was warmed before",
    ]

    private var count = 0

    /// The next text, in tokens of about a word.
    mutating func next(tokens: Int) -> [String] {
        count += 1
        var result: [String] = []
        var sentence = count
        while result.count < tokens {
            let words = Self.sentences[sentence % Self.sentences.count].split(separator: " ").map(String.init)
            result += words.dropLast().map { "\($0) " }
            result.append("\(words.last ?? "") number \(count) and \(sentence). ")
            sentence += 1 + count % 3
        }
        return Array(result.prefix(tokens))
    }
}
