/// A repetition of a text token by token, in the forms that dialects give it, taken apart.
///
/// Of `{"content": [{"token", "logprob", "bytes", "top_logprobs"}]}` (chat completions), the list alone (responses, Ollama),
/// `{"tokens": [], "token_logprobs": [], "top_logprobs": [{}], "text_offset": []}` (completions),
/// `{"chosenCandidates": [{"token"}], "topCandidates": [{"candidates": [{"token"}]}]}` (Gemini) and
/// `[{"17": {"decoded_token"}}]` (vLLM's `prompt_logprobs`). What has none of these forms is left as it is.
struct TokenList {
    /// What the tokens of a list say together, and the place of the list.
    private(set) var texts: [(place: String, text: String)] = []
    /// Tokens that might have been chosen and were not.
    private(set) var alternatives: [String] = []
    /// What is neither a token nor what is told about one, in its place.
    private(set) var rest: JSONValue = .null

    /// Members that tell something about a token, as numbers.
    private static let numbers: Set<String> = [
        "logprob", "logProbability", "log_probability", "rank", "tokenId", "token_id", "bytes",
    ]
    /// Members that hold a list of what was chosen.
    private static let chosen: Set<String> = ["content", "refusal", "tokens", "chosenCandidates", "chosen_candidates"]
    /// Members that hold what might have been.
    private static let others: Set<String> = ["top_logprobs", "topCandidates", "top_candidates", "candidates"]
    /// The longest token, in UTF-8 bytes.
    private static let longest = 64

    /// - Returns: nil for what is neither a list nor an object.
    init?(_ value: JSONValue, at place: String) {
        switch value {
        case .array(let items): rest = .array(read(items, at: place))
        case .object(let object):
            let members = object.members.compactMap { member -> JSONObject.Member? in
                switch member.value {
                case .array(let items) where Self.chosen.contains(member.name):
                    return kept(member, .array(read(items, at: "\(place)/\(member.name)")))
                case let value where Self.others.contains(member.name):
                    return kept(member, readAlternatives(value))
                default: return member
                }
            }
            rest = .object(JSONObject(members))
        default: return nil
        }
    }

    /// Whether a text is short enough to be a token, and no more than one word.
    static func isToken(_ text: String) -> Bool {
        text.utf8.count <= longest && text.split(whereSeparator: \.isWhitespace).count <= 1
    }

    private mutating func read(_ items: [JSONValue], at place: String) -> [JSONValue] {
        var text = ""
        let rest = items.map { item -> JSONValue in
            switch item {
            case .string(let token):
                text += token
                return .null
            case .object(let object):
                // A position of a prompt has no token of its own.
                guard let token = object["token"]?.string else { return readAlternatives(item) }
                text += token
                let members = object.without(["token"]).members.compactMap { member in
                    Self.others.contains(member.name)
                        ? kept(member, readAlternatives(member.value)) : Self.isNumber(member) ? nil : member
                }
                return members.isEmpty ? .null : .object(JSONObject(members))
            default: return item
            }
        }
        if !text.isEmpty { texts.append((place, text)) }
        return rest
    }

    private mutating func readAlternatives(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map { readAlternatives($0) })
        case .object(let object):
            let members = object.members.compactMap { member -> JSONObject.Member? in
                switch member.value {
                case _ where Self.isNumber(member): return nil
                case .string(let token) where member.name == "token" || member.name == "decoded_token":
                    alternatives.append(token)
                    return nil
                case .number:
                    alternatives.append(member.name)
                    return nil
                case .array where Self.others.contains(member.name):
                    return kept(member, readAlternatives(member.value))
                case .object where member.name.utf8.allSatisfy { (0x30...0x39).contains($0) }:
                    return kept(member, readAlternatives(member.value))
                default: return member
                }
            }
            return members.isEmpty ? .null : .object(JSONObject(members))
        default: return value
        }
    }

    /// The member with what is left of its value; nil if that is nothing.
    private func kept(_ member: JSONObject.Member, _ value: JSONValue) -> JSONObject.Member? {
        if value.isNull { return nil }
        if let items = value.array, items.allSatisfy(\.isNull) { return nil }
        return JSONObject.Member(name: member.name, value: value)
    }

    private static func isNumber(_ member: JSONObject.Member) -> Bool {
        guard numbers.contains(member.name) else { return false }
        return switch member.value {
        case .number, .null: true
        case .array(let items):
            items.allSatisfy { item in
                if case .number = item { true } else { false }
            }
        default: false
        }
    }
}
