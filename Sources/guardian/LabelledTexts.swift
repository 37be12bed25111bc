import ArgumentParser
import Foundation
import GuardCore
import Policy
import PolicyLanguage

/// A text and what people say it is.
struct LabelledText: Sendable {
    /// The text that is judged: the reply, where there is one.
    var text: String
    /// What a reply answers.
    var query: String?
    /// Where it came from, if the line says so.
    var source: String?
    /// Input, or output where a reply is judged.
    var phase: Phase
    var label: TextLabel

    var isHarmful: Bool? { label.isHarmful }
    var role: Role { phase == .input ? .user : .assistant }
    var segment: TextSegment { TextSegment(path: "", role: role, turn: 0, text: text) }

    /// The same for the same text in every run (FNV-1a).
    var key: UInt64 { text.stableHash }

    /// Reads JSON lines with `text`, and `reply` where an answer is judged, and labels: `harmful` (true or false), `categories`
    /// (a list of all categories of the text, or an object that says true or false of some), or `category` (one).
    ///
    /// - Throws: an exit status, the reason told on standard error with the line.
    static func read(_ path: String, _ strictness: Strictness = .strict) throws -> [LabelledText] {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        var texts: [LabelledText] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
            do {
                texts.append(try LabelledText(JSONDecoder().decode(LabelledRow.self, from: line), strictness))
            } catch LabelProblem.unlabelled where strictness == .lenient {
                continue
            } catch {
                complain(
                    "\(path):\(index + 1): error: \((error as? LabelProblem)?.words ?? LabelProblem.notARow.words)"
                )
                throw ExitStatus.data
            }
        }
        return texts
    }

    /// What a file of labels says of lines that cannot be used as they are.
    enum Strictness {
        /// Every line must be labelled in our own categories.
        case strict
        /// Lines without a label are left out, and names of other categories are no labels: sets of others are read as they are.
        case lenient
    }

    private init(_ row: LabelledRow, _ strictness: Strictness) throws {
        text = row.reply ?? row.text
        query = row.reply == nil ? nil : row.text
        source = row.source
        phase = row.reply == nil ? .input : .output
        label = try TextLabel(row.label, strictness)
    }
}

private struct LabelledRow: Decodable {
    var text: String
    var reply: String?
    var source: String?
    var label: LabelRow

    private enum CodingKeys: String, CodingKey { case text, reply, source }

    init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        text = try row.decode(String.self, forKey: .text)
        reply = try row.decodeIfPresent(String.self, forKey: .reply)
        source = try row.decodeIfPresent(String.self, forKey: .source)
        label = try LabelRow(from: decoder)
    }
}

extension String {
    /// The same for the same text in every run (FNV-1a).
    var stableHash: UInt64 { utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 } }
}
