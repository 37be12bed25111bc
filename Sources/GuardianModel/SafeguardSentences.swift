import GuardCore
import Tokenizer
import Transformer

/// What safeguard responses are put together from, by category: the model names the subject of a prompt, in a line that nobody
/// sees, and then chooses one of that subject's refusals and one of its ways forward. Each fits each, and every one was
/// written and checked by hand, so whatever the model chooses can be sent; a model of this size that may say anything says
/// things that mean nothing.
struct SafeguardSentences: Sendable {
    /// What a prompt may be about.
    struct Subject: Decodable, Sendable {
        var name: String
        var refusals: [String]
        var ways: [String]
    }

    /// The last subjects of a category are about no matter in particular: one for whatever is harmful, one for what was stopped by mistake.
    private static let unspecific = 2
    /// How likely a subject has to be among those of its category to be named, by its first token. Where the model is less sure than that it is
    /// wrong more often than not, and what fits the whole category is better than what talks past the caller.
    private static let leastShare = 0.6

    /// What is wrong with the sentences of a category.
    enum Fault: Error, Sendable, Equatable {
        case missing(HarmCategory)
        case empty(HarmCategory, subject: String)
        /// A text is the beginning of another.
        case ambiguous(HarmCategory, subject: String)
        case tooLong(HarmCategory, tokens: Int)
    }

    private let automata: [HarmCategory: TokenAutomaton]

    /// - Parameters:
    ///   - subjects: by the name of the category.
    ///   - longest: tokens of the longest text that may be.
    init(_ subjects: [String: [Subject]], _ tokenizer: Tokenizer, longest: Int) throws(Fault) {
        var automata: [HarmCategory: TokenAutomaton] = [:]
        for category in HarmCategory.allCases {
            guard let subjects = subjects[category.rawValue], !subjects.isEmpty else { throw .missing(category) }
            let automaton = try Self.automaton(subjects, of: category, tokenizer)
            guard automaton.longest <= longest else { throw .tooLong(category, tokens: automaton.longest) }
            automata[category] = automaton
        }
        self.automata = automata
    }

    /// What may be written for a category.
    func automaton(for category: HarmCategory) -> TokenAutomaton? { automata[category] }

    /// The subject and the response of a text that was written; nil if it has no subject.
    static func parts(of text: String) -> (subject: String, response: String)? {
        guard let end = text.firstIndex(of: "\n") else { return nil }
        return (String(text[..<end]), String(text[text.index(after: end)...]))
    }

    private static func automaton(
        _ subjects: [Subject],
        of category: HarmCategory,
        _ tokenizer: Tokenizer
    ) throws(Fault) -> TokenAutomaton {
        var automaton = TokenAutomaton()
        automaton.reserve = TokenAutomaton.Reserve(
            tokens: subjects.suffix(unspecific).compactMap { tokenizer.encode("\($0.name)\n").first },
            share: leastShare
        )
        for subject in subjects {
            guard !subject.name.isEmpty, !subject.refusals.isEmpty, !subject.ways.isEmpty else {
                throw .empty(category, subject: subject.name)
            }
            let (named, refused) = (automaton.addState(), automaton.addState())
            do throws(TokenAutomaton.Ambiguity) {
                try automaton.add(tokenizer.encode("\(subject.name)\n"), from: TokenAutomaton.start, to: named)
                for refusal in subject.refusals {
                    try automaton.add(tokenizer.encode(refusal), from: named, to: refused)
                }
                // The tokenizer splits texts in front of a space, so the parts have the tokens of the whole.
                for way in subject.ways {
                    try automaton.add(tokenizer.encode(" \(way)"), from: refused, to: TokenAutomaton.end)
                }
            } catch {
                throw .ambiguous(category, subject: subject.name)
            }
        }
        return automaton
    }
}
