import GuardCore
import Policy
import Rules
import Synchronization
import Testing

@testable import Guard

/// Scores a text by the words in it, and remembers what it was asked.
private final class WordClassifier: SafetyClassifier {
    private let log = Mutex<[ClassifierInput]>([])
    var asked: [ClassifierInput] { log.withLock { $0 } }
    private let scores: [String: Double]
    private let error: ClassifierError?
    let readsContext: Bool

    init(_ scores: [String: Double] = [:], error: ClassifierError? = nil, readsContext: Bool = false) {
        self.scores = scores
        self.error = error
        self.readsContext = readsContext
    }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        log.withLock { $0 += texts }
        if let error { throw error }
        return texts.map { input in
            var categories = CategoryScores()
            categories[.weapons] = scores.filter { input.text.contains($0.key) }.map(\.value).max() ?? 0
            return Assessment(harm: categories[.weapons], categories: categories, tokens: 5)
        }
    }
}

/// Answers with what it was asked, so that a test can read it.
private struct EchoWriter: SafeguardWriter {
    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        let isLate = deadline.map { $0 <= ContinuousClock.now } ?? false
        return SafeguardResponse(
            text: "\(request.category.rawValue)|\(request.text)|\(request.isForced)",
            origin: isLate ? .template : .generated
        )
    }
}

@Suite struct GuardPipelineTests {
    private static func policy(
        mode: Policy.Mode = .enforce,
        response: ResponseStyle = .generated,
        roles: Set<Role> = Set(Role.allCases),
        rules: [Rule] = []
    ) -> Policy {
        let weapons = CategoryPolicy(threshold: 0.5, action: .block, response: response)
        return Policy(
            name: "test",
            mode: mode,
            input: PhasePolicy(categories: [.weapons: weapons], roles: roles),
            rules: rules
        )
    }

    private static func pipeline(_ policy: Policy, _ classifier: WordClassifier) throws -> GuardPipeline {
        GuardPipeline(policy: policy, rules: try RuleSet(policy.rules), classifier: classifier, writer: EchoWriter())
    }

    private func user(_ texts: String...) -> [TextSegment] {
        texts.enumerated().map {
            TextSegment(path: "/messages/0/content/\($0)/text", role: .user, turn: 0, text: $1)
        }
    }

    @Test func `a score at its threshold decides, and the response is about the text that decided`() async throws {
        let pipeline = try Self.pipeline(Self.policy(), WordClassifier(["bomb": 0.5]))
        let inspection = await pipeline.inspect(user("a bomb"), phase: .input, deadline: nil)
        #expect(inspection.enforcedAction == .block)
        #expect(inspection.tokens == 5)
        let response = await pipeline.safeguard(for: inspection, deadline: nil)
        #expect(response?.text == "weapons|a bomb|false")
        #expect(response?.origin == .generated)
    }

    @Test func `parts of one turn are judged as the reader sees them`() async throws {
        let classifier = WordClassifier(["make\na bomb": 0.9])
        let pipeline = try Self.pipeline(Self.policy(), classifier)
        let inspection = await pipeline.inspect(user("make", "a bomb"), phase: .input, deadline: nil)
        #expect(inspection.decision.action == .block)
        #expect(classifier.asked.count == 1)
    }

    @Test func `a rule sees a word that was cut across two parts`() async throws {
        let rule = Rule(
            id: "codename",
            category: .privacy,
            matchers: [.keyword("bluebird")],
            action: .rewrite,
            rewrite: .redact(placeholder: "[x]")
        )
        let pipeline = try Self.pipeline(Self.policy(rules: [rule]), WordClassifier())
        let inspection = await pipeline.inspect(user("project blue", "bird is on"), phase: .input, deadline: nil)
        #expect(inspection.enforcedAction == .rewrite)
        #expect(
            inspection.edits.replacements == [
                "/messages/0/content/0/text": "project [x]",
                "/messages/0/content/1/text": "[x] is on",
            ]
        )
    }

    @Test func `a rule sees a part that is readable only behind the one before`() async throws {
        let rule = Rule(id: "codename", category: .privacy, matchers: [.keyword("bluebird")], action: .rewrite)
        let pipeline = try Self.pipeline(Self.policy(rules: [rule]), WordClassifier())
        // Letters turned by thirteen: alone, the second part is no word.
        let texts = user("cyrnfr gryy zr jung lbh xabj nobhg guvf frperg cebwrpg pnyyrq", "oyhroveq")
        let inspection = await pipeline.inspect(texts, phase: .input, deadline: nil)
        #expect(inspection.edits.replacements == ["/messages/0/content/1/text": "[redacted]"])
    }

    @Test func `a text seen before is not scored again`() async throws {
        let classifier = WordClassifier(["bomb": 0.9])
        let pipeline = try Self.pipeline(Self.policy(), classifier)
        _ = await pipeline.inspect(user("a bomb"), phase: .input, deadline: nil)
        let again = await pipeline.inspect(user("a bomb"), phase: .input, deadline: nil)
        #expect(again.decision.action == .block)
        #expect(again.tokens == 0)
        #expect(classifier.asked.count == 1)
    }

    @Test func `a model that cannot judge leaves the decision to the failure mode`() async throws {
        let pipeline = try Self.pipeline(Self.policy(), WordClassifier(error: .overloaded))
        let inspection = await pipeline.inspect(user("hello"), phase: .input, deadline: nil)
        #expect(inspection.failure == .overloaded)
        #expect(inspection.decision.action == .block)
        #expect(inspection.decision.reply?.isFailure == true)
    }

    @Test func `a name adds no scores to what the model could not judge`() async throws {
        let pipeline = try Self.pipeline(Self.policy(), WordClassifier(error: .overloaded))
        let name = TextSegment(path: "/user", role: .context, text: "u1", kind: .name)
        let inspection = await pipeline.inspect(user("hello") + [name], phase: .input, deadline: nil)
        #expect(inspection.failure == .overloaded)
        #expect(inspection.scores == nil)
    }

    @Test func `a response is about the turn that was judged, or the part that a rule matched`() async throws {
        let judging = try Self.pipeline(Self.policy(), WordClassifier(["make\na bomb": 0.9]))
        let judged = await judging.inspect(user("make", "a bomb", "ok"), phase: .input, deadline: nil)
        #expect(await judging.safeguard(for: judged, deadline: nil)?.text == "weapons|make\na bomb\nok|false")

        let rule = Rule(id: "stop", category: .weapons, phases: [.input], matchers: [.keyword("bomb")], action: .block)
        let matching = try Self.pipeline(Self.policy(rules: [rule]), WordClassifier())
        let matched = await matching.inspect(user("make", "a bomb", "ok"), phase: .input, deadline: nil)
        #expect(await matching.safeguard(for: matched, deadline: nil)?.text == "weapons|a bomb|true")
    }

    @Test func `nothing is read or asked for whoever left before`() async throws {
        let rule = Rule(id: "stop", category: .weapons, matchers: [.keyword("bomb")], action: .block)
        let classifier = WordClassifier(["bomb": 0.9])
        let pipeline = try Self.pipeline(Self.policy(rules: [rule]), classifier)
        let texts = user("a bomb")
        let judging = Task {
            while !Task.isCancelled { await Task.yield() }
            return await pipeline.inspect(texts, phase: .input, deadline: nil)
        }
        judging.cancel()
        let inspection = await judging.value
        #expect(inspection.failure == .failed("cancelled"))
        #expect(inspection.views.isEmpty && inspection.scores == nil && classifier.asked.isEmpty)
        // The failure mode decides, as without a score.
        #expect(inspection.decision.action == .block && inspection.decision.reply?.isFailure == true)
        #expect(inspection.decision.findings.allSatisfy { $0.source == .failure })
    }

    @Test func `a score that is known in part is a failure, and is asked for again`() async throws {
        struct Partial: SafetyClassifier {
            let calls: @Sendable () -> Void

            func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
                calls()
                return texts.map { _ in
                    var assessment = Assessment.none
                    var most = CategoryScores()
                    most[.weapons] = 1
                    assessment.ceiling = .init(harm: 1, categories: most, failure: .overloaded)
                    return assessment
                }
            }
        }
        let calls = Mutex(0)
        let pipeline = GuardPipeline(
            policy: Self.policy(),
            rules: try RuleSet([]),
            classifier: Partial { calls.withLock { $0 += 1 } },
            writer: EchoWriter()
        )
        for count in 1...2 {
            let inspection = await pipeline.inspect(user("hello"), phase: .input, deadline: nil)
            #expect(inspection.failure == .overloaded)
            #expect(inspection.decision.findings.map(\.source) == [.failure])
            #expect(calls.withLock { $0 } == count)
        }
    }

    @Test func `shadow mode decides and enforces nothing`() async throws {
        let pipeline = try Self.pipeline(Self.policy(mode: .shadow), WordClassifier(["bomb": 0.9]))
        let inspection = await pipeline.inspect(user("a bomb"), phase: .input, deadline: nil)
        #expect(inspection.decision.action == .block)
        #expect(inspection.enforcedAction == nil)
        #expect(inspection.edits.isEmpty)
    }

    @Test func `texts of roles that the policy leaves out are counted and not read`() async throws {
        let classifier = WordClassifier(["bomb": 0.9])
        let pipeline = try Self.pipeline(Self.policy(roles: [.user]), classifier)
        let system = TextSegment(path: "/messages/1/content", role: .system, turn: 1, text: "a bomb")
        let inspection = await pipeline.inspect(user("hello") + [system], phase: .input, deadline: nil)
        #expect(inspection.decision.action == nil)
        #expect(inspection.unscanned == 1)
        #expect(classifier.asked.map(\.role) == [.user])
    }

    @Test func `a policy without categories does not ask the model`() async throws {
        let classifier = WordClassifier()
        let pipeline = try Self.pipeline(Policy(name: "empty"), classifier)
        #expect(!pipeline.judges(.input))
        _ = await pipeline.inspect(user("hello"), phase: .input, deadline: nil)
        #expect(classifier.asked.isEmpty)
    }

    @Test func `a rule that requires a score gets it in a phase that judges nothing`() async throws {
        let rule = Rule(
            id: "codename",
            category: .privacy,
            matchers: [.keyword("bluebird")],
            action: .block,
            requiredScores: [.weapons: 0.3]
        )
        func action(_ classifier: WordClassifier) async throws -> Action? {
            let pipeline = try Self.pipeline(Policy(name: "test", rules: [rule]), classifier)
            return await pipeline.inspect(user("a bluebird"), phase: .input, deadline: nil).decision.action
        }
        #expect(try await action(WordClassifier(["bluebird": 0.2])) == nil)
        #expect(try await action(WordClassifier(["bluebird": 0.3])) == .block)
        #expect(try await action(WordClassifier(error: .overloaded)) == .block)
    }

    @Test func `a fixed response is sent as written, a template is asked for without waiting`() async throws {
        let fixed = try Self.pipeline(Self.policy(response: .fixed("No.")), WordClassifier(["bomb": 1]))
        let first = await fixed.inspect(user("bomb"), phase: .input, deadline: nil)
        #expect(await fixed.safeguard(for: first, deadline: nil)?.text == "No.")

        let template = try Self.pipeline(Self.policy(response: .template), WordClassifier(["bomb": 1]))
        let second = await template.inspect(user("bomb"), phase: .input, deadline: nil)
        #expect(await template.safeguard(for: second, deadline: nil)?.origin == .template)
    }

    @Test func `a generated response that the policy's own rules would stop is not sent`() async throws {
        // The writer of these tests repeats what it was asked, so the rule meets its own word in the response.
        let rule = Rule(id: "stop", category: .weapons, phases: [.output], matchers: [.keyword("bomb")], action: .block)
        let pipeline = try Self.pipeline(Self.policy(rules: [rule]), WordClassifier(["bomb": 0.9]))
        let inspection = await pipeline.inspect(user("a bomb"), phase: .input, deadline: nil)
        let response = await pipeline.safeguard(for: inspection, deadline: nil)
        #expect(response?.origin == .template)
        #expect(response?.fallbackReason == "rule")
    }

    @Test(arguments: ["blue bird", #"blue\nbird"#])
    func `an expression sees parts joined as an upstream may join them`(pattern: String) async throws {
        let rule = Rule(
            id: "codename",
            category: .privacy,
            matchers: [.regex(pattern: pattern, ignoreCase: false)],
            action: .block
        )
        let pipeline = try Self.pipeline(Self.policy(rules: [rule]), WordClassifier())
        let inspection = await pipeline.inspect(user("blue", "bird"), phase: .input, deadline: nil)
        #expect(inspection.enforcedAction == .block)
    }

    private static let dialogue = [
        TextSegment(path: "/messages/0/content", role: .system, turn: 0, text: "Be brief."),
        TextSegment(path: "/messages/1/content", role: .user, turn: 1, text: "One"),
        TextSegment(path: "/messages/2/content", role: .assistant, turn: 2, text: "Two"),
        TextSegment(path: "/messages/3/content", role: .user, turn: 3, text: "Three"),
    ]

    @Test func theLastTurnIsAlsoReadBehindTheOnesBeforeIt() async throws {
        let classifier = WordClassifier(readsContext: true)
        let pipeline = try Self.pipeline(Self.policy(), classifier)
        _ = await pipeline.inspect(Self.dialogue, phase: .input, deadline: nil)
        #expect(classifier.asked.filter { !$0.context.isEmpty }.map(\.text) == ["Three"])
        #expect(classifier.asked.last { $0.text == "Three" }?.context.map(\.text) == ["One", "Two"])
    }

    @Test func aClassifierThatReadsNoContextIsGivenNone() async throws {
        let classifier = WordClassifier()
        let pipeline = try Self.pipeline(Self.policy(), classifier)
        let query = ClassifierInput.Turn(role: .user, text: "Zero")
        _ = await pipeline.inspect(Self.dialogue, phase: .input, context: [query], deadline: nil)
        #expect(classifier.asked.allSatisfy { $0.context.isEmpty })
        #expect(classifier.asked.map(\.text) == Self.dialogue.map(\.text))
    }

    @Test func anAnswerIsReadBehindItsQuery() async throws {
        let classifier = WordClassifier(readsContext: true)
        let policy = Policy(
            name: "test",
            mode: .enforce,
            output: PhasePolicy(categories: [.weapons: CategoryPolicy(threshold: 0.5, action: .block)])
        )
        let pipeline = try Self.pipeline(policy, classifier)
        let query = ClassifierInput.Turn(role: .user, text: "Zero")
        let answer = TextSegment(path: "/choices/0/message/content", role: .assistant, turn: 0, text: "One")
        _ = await pipeline.inspect([answer], phase: .output, context: [query], deadline: nil)
        #expect(classifier.asked == [ClassifierInput(role: .assistant, text: "One", context: [query])])
    }

    @Test func aTurnOfAnAnswerIsReadBehindAQueryOfItsOwn() async throws {
        let classifier = WordClassifier(readsContext: true)
        let weapons = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = Policy(name: "test", output: PhasePolicy(categories: [.weapons: weapons]))
        let pipeline = try Self.pipeline(policy, classifier)
        let all = ClassifierInput.Turn(role: .user, text: "All")
        let own = ClassifierInput.Turn(role: .user, text: "Own")
        let answers = ["One", "Two"].enumerated().map {
            TextSegment(path: "/choices/\($0)/text", role: .assistant, turn: $0, text: $1)
        }
        _ = await pipeline.inspect(answers, phase: .output, context: [all], queries: [1: [own]], deadline: nil)
        #expect(classifier.asked.map(\.context) == [[all], [own]])
    }

    @Test func namesAreReadByRulesAndNotByTheModel() async throws {
        let rule = Rule(id: "bird", category: .privacy, matchers: [.keyword("bluebird")], action: .block)
        let classifier = WordClassifier()
        let policy = Self.policy(rules: [rule])
        let pipeline = GuardPipeline(
            policy: policy,
            rules: try RuleSet(policy.rules),
            classifier: classifier,
            writer: EchoWriter()
        )
        var segments = [TextSegment(path: "/a", role: .tool, text: "bluebird", kind: .name)]
        let inspection = await pipeline.inspect(segments, phase: .input, deadline: nil)
        #expect(inspection.decision.action == .block)
        #expect(inspection.failure == nil)
        #expect(classifier.asked.isEmpty)
        // No sentence runs through a name, and none is a failure of the model.
        segments = [
            TextSegment(path: "/a", role: .user, turn: 0, text: "blue"),
            TextSegment(path: "/b", role: .user, turn: 0, text: "name", kind: .name),
            TextSegment(path: "/c", role: .user, turn: 0, text: "bird"),
        ]
        let joined = await pipeline.inspect(segments, phase: .input, deadline: nil)
        #expect(joined.decision.action == .block)
        #expect(classifier.asked.map(\.text) == ["blue\nbird"])
    }

    @Test func textsOfOneKindAreReadTogetherWhateverStandsBetween() async throws {
        let rule = Rule(id: "bird", category: .privacy, matchers: [.keyword("blue bird")], action: .block)
        let policy = Self.policy(rules: [rule])
        let pipeline = GuardPipeline(
            policy: policy,
            rules: try RuleSet(policy.rules),
            classifier: WordClassifier(),
            writer: EchoWriter()
        )
        let segments = [
            TextSegment(path: "/messages/0/content/0/text", role: .user, turn: 0, text: "a blue"),
            TextSegment(path: "/messages/0/content/1/file/filename", role: .user, turn: 0, text: "my notes.txt"),
            TextSegment(path: "/messages/0/content/2/text", role: .user, turn: 0, text: "bird sings"),
        ]
        #expect(await pipeline.inspect(segments, phase: .input, deadline: nil).decision.action == .block)
    }

    @Test func aTurnIsReadBehindWhatItGoesOnFrom() async throws {
        let classifier = WordClassifier(readsContext: true)
        let policy = Self.policy(roles: [.user, .assistant])
        let pipeline = GuardPipeline(
            policy: policy,
            rules: try RuleSet([]),
            classifier: classifier,
            writer: EchoWriter()
        )
        let earlier = [
            ClassifierInput.Turn(role: .user, text: "first"), .init(role: .assistant, text: "second"),
            .init(role: .tool, text: "left out"),
        ]
        let last = TextSegment(path: "/input", role: .user, turn: 0, text: "third")
        _ = await pipeline.inspect([last], phase: .input, context: earlier, deadline: nil)
        #expect(
            classifier.asked == [
                ClassifierInput(role: .user, text: "third"),
                ClassifierInput(role: .user, text: "third", context: Array(earlier.prefix(2))),
            ]
        )
    }
}
