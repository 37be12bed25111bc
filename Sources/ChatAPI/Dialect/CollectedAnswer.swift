import GuardCore

/// An answer whose texts are what its dialect's table says.
struct CollectedAnswer: DialectAnswer, Equatable {
    /// What a dialect says about its answers.
    struct Form: Sendable {
        var table: FieldTable
        /// The member that lists what was answered, one turn each, if there is one. Anything else is one turn.
        var list: String?
        /// The member of an item that repeats its text token by token, and where it is.
        var tokens: String?
        /// The counts, read from the member that holds them.
        var usage: (member: String?, prompt: String, completion: String)
    }

    private(set) var body: JSONValue
    private(set) var segments: [TextSegment]
    private(set) var unscanned: UnscannedStrings
    private let form: Form

    static func == (left: Self, right: Self) -> Bool { left.body == right.body }

    init(_ object: JSONObject, form: Form) {
        body = .object(object)
        self.form = form
        var collector = TextCollector(form.table)
        for member in object.members {
            if member.name == form.list, let items = member.value.array {
                for (index, item) in items.enumerated() {
                    Self.collect(item, at: "/\(member.name)/\(index)", turn: index, form: form, into: &collector)
                }
            } else {
                Self.collect(.object(JSONObject([member])), at: "", turn: nil, form: form, into: &collector)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
    }

    /// - Throws: `ChatAPIError` with status 502.
    init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits(), form: Form) throws(ChatAPIError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(bytes, limits: limits)
        } catch {
            throw .badAnswer("it is not valid JSON: \(error)")
        }
        guard let object = value.object else { throw .badAnswer("it is \(value.kind) and not an object") }
        self.init(object, form: form)
    }

    private static func collect(
        _ item: JSONValue,
        at pointer: String,
        turn: Int?,
        form: Form,
        into collector: inout TextCollector
    ) {
        guard let name = form.tokens, let object = item.object, let tokens = object[name], !tokens.isNull else {
            collector.collect(item, at: pointer, role: .assistant, turn: turn, member: form.list ?? "")
            return
        }
        let rest = JSONValue.object(object.without([name]))
        let before = collector.segments.count
        collector.collect(rest, at: pointer, role: .assistant, turn: turn, member: form.list ?? "")
        // The tokens repeat the text, and reading them one by one would say nothing. What they say together is read
        // where it is not that text.
        let place = "\(pointer)/\(name)"
        collector.omit(.null, at: place)
        let joined = TokenList.text(of: tokens)
        if !collector.segments[before...].contains(where: { $0.text == joined }) {
            collector.add(TextSegment(path: place, role: .assistant, turn: turn, text: joined))
        }
    }

    func editing(replacements: [String: String]) -> Self {
        guard !replacements.isEmpty, var object = body.replacingStrings({ replacements[$0] }).object else {
            return self
        }
        if let tokens = form.tokens {
            // They would still hold what was edited out.
            object[tokens] = nil
            if let list = form.list, let items = object[list]?.array {
                object[list] = .array(items.map { $0.object.map { .object($0.without([tokens])) } ?? $0 })
            }
        }
        return Self(object, form: form)
    }

    /// Whether anything in it is more than a name.
    var hasWords: Bool { segments.contains { $0.kind == .words } }

    /// What of an answer's members may go out before the answer was judged: nothing that says anything, at any depth.
    static func plain(_ object: JSONObject, form: Form) -> JSONObject {
        object.removing(Set(Self(object, form: form).segments.map(\.path)))
    }

    var usage: TokenUsage? {
        let top = body.object
        let counts = form.usage.member.map { top?[$0]?.object } ?? top
        guard let prompt = counts?[form.usage.prompt]?.integer,
            let completion = counts?[form.usage.completion]?.integer
        else { return nil }
        return TokenUsage(prompt: prompt, completion: completion)
    }
}

/// The token-wise repetition of a text, in the forms that dialects give it.
enum TokenList {
    /// What the tokens say together: of `{"content": [{"token"}]}`, `[{"token"}]`, `{"tokens": [...]}`,
    /// `{"chosenCandidates": [{"token"}]}`.
    static func text(of value: JSONValue) -> String {
        switch value {
        case .array(let items):
            items.map { $0.object?["token"]?.string ?? $0.string ?? "" }.joined()
        case .object(let object):
            ["tokens", "content", "chosenCandidates"].compactMap { object[$0] }.map(text).joined()
        default: ""
        }
    }
}
