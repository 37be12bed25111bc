import Foundation
import GuardCore

/// When a generated safeguard response may be sent. The steps and their order are those of the training recipe's
/// `acceptance.py`, the lists of phrases those of `safeguard-checks.json`.
struct SafeguardAcceptance: Decodable, Sendable {
    private var minimumWords: Int
    private var maximumWords: Int
    private var repeatedWords: Int
    private var allowedNumbers: [String]
    private var refusalCues: [String]
    private var redirectionCues: [String]
    private var helpCues: [String]
    private var selfHarmCues: [String]
    private var compliantOpenings: [String]
    private var forbidden: [String]

    /// The first check that a text failed; the raw value is the fixed word for logs and metrics.
    enum Failure: String, Error, Sendable {
        case control, list, ending, length, opening, forbidden, number, repetition, cue, help
    }

    /// Whether its numbers make sense together: no text could be checked by others.
    var isValid: Bool { minimumWords >= 0 && minimumWords <= maximumWords && repeatedWords >= 1 }

    /// - Parameters:
    ///   - text: as generated.
    ///   - isCapped: the token limit and not the end token stopped it.
    /// - Returns: the text to send.
    func accept(_ text: String, category: HarmCategory, isCapped: Bool) throws(Failure) -> String {
        if Self.hasList(text) { throw .list }
        var text = Self.normalised(text)
        let end = Self.lastSentenceEnd(text)
        if isCapped {
            text = String(text[..<(end ?? text.startIndex)])
        } else if end != text.endIndex {
            throw .ending
        }
        let lower = text.lowercased().replacing("\u{2019}", with: "'")
        let words = text.split(separator: " ")
        guard (minimumWords...maximumWords).contains(words.count) else { throw .length }
        if compliantOpenings.contains(where: { Self.opens(lower, with: $0) }) { throw .opening }
        if forbidden.contains(where: lower.contains) { throw .forbidden }
        if !Self.longNumbers(text).allSatisfy(isAllowed) { throw .number }
        if repeats(lower) { throw .repetition }
        guard [refusalCues, redirectionCues, helpCues].joined().contains(where: lower.contains) else { throw .cue }
        if category == .selfHarm, !selfHarmCues.contains(where: lower.contains) { throw .help }
        return text
    }

    private static func hasList(_ text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            let line = line.drop { $0 == " " || $0 == "\t" }
            if let first = line.first, "-*\u{2022}".contains(first) { return line.dropFirst().first == " " }
            let digits = line.prefix { $0.isASCII && $0.isNumber }
            let rest = line.dropFirst(digits.count)
            guard (1...2).contains(digits.count), let mark = rest.first, mark == "." || mark == ")" else {
                return false
            }
            return rest.dropFirst().first == " "
        }
    }

    private static func normalised(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }.joined(separator: " ")
    }

    /// Behind the last full stop, question or exclamation mark, with a closing quote or bracket, before a space or the end.
    private static func lastSentenceEnd(_ text: String) -> String.Index? {
        var last: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            defer { index = text.index(after: index) }
            guard ".!?".contains(text[index]) else { continue }
            let next = text.index(after: index)
            if next == text.endIndex || text[next] == " " {
                last = next
            } else if "\"')".contains(text[next]) {
                let behind = text.index(after: next)
                if behind == text.endIndex || text[behind] == " " { last = behind }
            }
        }
        return last
    }

    private static func opens(_ lower: String, with opening: String) -> Bool {
        guard lower.hasPrefix(opening) else { return false }
        let following = lower.dropFirst(opening.count).first?.isLetter ?? false
        return !((opening.last?.isLetter ?? false) && following)
    }

    /// Runs of three or more digits: a hotline that the model made up is one.
    private static func longNumbers(_ text: String) -> [Substring] {
        text.split { !($0.isASCII && $0.isNumber) }.filter { $0.count >= 3 }
    }

    private func isAllowed(_ digits: Substring) -> Bool {
        let isYear = digits.count == 4 && (digits.hasPrefix("19") || digits.hasPrefix("20"))
        return isYear || allowedNumbers.contains(String(digits))
    }

    private func repeats(_ lower: String) -> Bool {
        let words = lower.split(separator: " ").map(Self.stripped).filter { !$0.isEmpty }
        guard words.count > repeatedWords else { return false }
        var seen: Set<[Substring]> = []
        for start in 0...words.count - repeatedWords
        where !seen.insert(Array(words[start..<start + repeatedWords])).inserted {
            return true
        }
        return false
    }

    /// The word without ASCII punctuation around it.
    private static func stripped(_ word: Substring) -> Substring {
        func isPunctuation(_ character: Character) -> Bool {
            character.isASCII && (character.isPunctuation || character.isSymbol)
        }
        var word = word.drop(while: isPunctuation)
        while let last = word.last, isPunctuation(last) { word.removeLast() }
        return word
    }
}
