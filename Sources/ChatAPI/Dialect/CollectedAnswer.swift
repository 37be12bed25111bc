import GuardCore

/// An answer whose texts are what its dialect's table says.
struct CollectedAnswer: DialectAnswer, Equatable {
    /// What a dialect says about its answers.
    struct Form: Sendable {
        var table: FieldTable
        /// The member that lists what was answered, one turn each, if there is one. Anything else is one turn.
        var list: String?
        /// The counts, read from the member that holds them: of the prompt and of the answer, each the sum of several where the
        /// API counts apart what was cached, or thought.
        var usage: (member: String?, prompt: [String], completion: [String])
    }

    private(set) var body: JSONValue
    private(set) var segments: [TextSegment]
    private(set) var unscanned: UnscannedStrings
    /// What repeats a text, by place, and what stands there once a text was edited: it would still hold what was edited out.
    private let repetitions: [String: JSONValue]
    private let form: Form

    static func == (left: Self, right: Self) -> Bool { left.body == right.body }

    init(_ object: JSONObject, form: Form) {
        body = .object(object)
        self.form = form
        var collector = TextCollector(form.table, isAnswer: true)
        for member in object.members where !form.table.tokenLists.contains(member.name) {
            if member.name == form.list, let items = member.value.array {
                for (index, item) in items.enumerated() {
                    let place = "/\(member.name)/\(index)"
                    collector.collect(item, at: place, role: .assistant, turn: index, member: member.name)
                }
            } else {
                // A one-member object, so that the member's name is looked at too.
                let one = JSONValue.object(JSONObject([member]))
                collector.collect(one, at: "", role: .assistant, turn: nil, member: form.list ?? "")
            }
        }
        // Behind the texts that they repeat.
        for member in object.members where form.table.tokenLists.contains(member.name) {
            collector.collect(tokens: member, role: .assistant, turn: nil)
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
    }

    /// - Throws: `ChatAPIError` with status 502.
    init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits(), form: Form) throws(ChatAPIError) {
        guard bytes.count <= limits.bytes else { throw .answerTooLarge(limit: limits.bytes) }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(bytes, limits: limits)
        } catch {
            throw .badAnswer("it \(error.verdict)")
        }
        guard let object = value.object else { throw .badAnswer("it is \(value.kind) and not an object") }
        self.init(object, form: form)
    }

    func editing(replacements: [String: String]) -> Self {
        guard !replacements.isEmpty,
            let object = body.replacing(repetitions).replacingStrings({ replacements[$0] }).object
        else { return self }
        return Self(object, form: form)
    }

    /// Whether anything in it is more than a name.
    var hasWords: Bool { segments.contains { $0.kind == .words } }

    /// What of an answer's members may go out before the answer was judged: nothing that says anything, at any depth.
    static func plain(_ object: JSONObject, form: Form) -> JSONObject {
        let answer = Self(object, form: form)
        return object.removing(Set(answer.segments.map(\.path)).union(answer.repetitions.keys))
    }

    var usage: TokenUsage? {
        let top = body.object
        let counts = form.usage.member.map { top?[$0]?.object } ?? top
        return TokenUsage(
            prompt: form.usage.prompt.map { counts?[$0] },
            completion: form.usage.completion.map { counts?[$0] }
        )
    }
}
