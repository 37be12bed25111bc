import Audit
import ChatAPI
import Foundation
import Guard
import GuardCore
import Listening
import NIOCore
import NIOHTTP1
import Policy
import Proxy
import Rules
import SwiftProtobuf
import Synchronization
import Testing

@testable import Gateway
@testable import Tracing

/// Keeps the records it is given.
private final class MemorySink: AuditSink {
    private let state = Mutex<[AuditRecord]>([])
    var records: [AuditRecord] { state.withLock { $0 } }

    func record(_ record: AuditRecord) { state.withLock { $0.append(record) } }
    func flush() {}
    func close() {}
    var statistics: AuditStatistics { AuditStatistics(written: records.count) }
}

/// Never asked in these tests: their policies have rules only.
private struct NoModel: SafetyClassifier, SafeguardWriter {
    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        throw ClassifierError.failed("no model here")
    }

    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "About \(request.category.words).", origin: .template, fallbackReason: "not_asked")
    }
}

/// Finds nothing, and remembers what it was asked.
private final class Listener: SafetyClassifier {
    private let log = Mutex<[ClassifierInput]>([])
    var asked: [ClassifierInput] { log.withLock { $0 } }
    var readsContext: Bool { true }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        log.withLock { $0 += texts }
        return texts.map { _ in Assessment.none }
    }
}

/// Finds nothing, and says so only when it is told to.
private final class Hesitant: SafetyClassifier {
    private let orders = AsyncStream.makeStream(of: Void.self)

    func goOn() { orders.continuation.finish() }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        for await _ in orders.stream {}
        return texts.map { _ in Assessment.none }
    }
}

/// Finds hate in whatever is short, and reads five tokens of each text.
private final class Hasty: SafetyClassifier {
    private let asked = Mutex(0)
    /// How many texts it was asked about.
    var count: Int { asked.withLock { $0 } }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        asked.withLock { $0 += texts.count }
        return texts.map { input in
            var scores = CategoryScores()
            if input.text.utf8.count < 1000 { scores[.hate] = 0.9 }
            return Assessment(harm: 0, categories: scores, tokens: 5)
        }
    }
}

@Suite struct GuardSessionTests {
    private let sink = MemorySink()
    private let began = ContinuousClock.now

    private static let rules = [
        Rule(id: "stop", category: .weapons, matchers: [.keyword("forbidden")], action: .block),
        Rule(
            id: "hide",
            category: .privacy,
            matchers: [.keyword("bluebird")],
            action: .rewrite,
            rewrite: .redact(placeholder: "[name]")
        ),
        Rule(id: "note", category: .hate, matchers: [.keyword("remark")], action: .log),
    ]

    private func session(
        path: String = "/v1/chat/completions",
        method: HTTPMethod = .POST,
        policy: Policy = Policy(name: "test", rules: rules),
        passesUnrecognised: Bool = false,
        tellsTrials: Bool = false,
        classifier: any SafetyClassifier = NoModel(),
        candidate: Policy? = nil,
        bodyLimit: Int? = nil,
        answerLimit: Int? = nil,
        limits: CallerLimits = CallerLimits(),
        address: SocketAddress? = try? SocketAddress(ipAddress: "10.1.2.3", port: 1)
    ) throws -> GuardSession {
        var configuration = GatewayConfiguration(
            listen: .tcp(.init(host: "127.0.0.1", port: 0)),
            admin: .init(host: "127.0.0.1", port: 0),
            upstream: .init(scheme: "http", host: "127.0.0.1", port: 1),
            policy: "",
            model: .init(file: "", threads: 1)
        )
        configuration.passesUnrecognised = passesUnrecognised
        configuration.tellsTrials = tellsTrials
        if let bodyLimit { configuration.bodyLimit = bodyLimit }
        if let answerLimit { configuration.answerLimit = answerLimit }
        configuration.upstream.authorization = "Bearer upstream"
        configuration.tenantField = "x-tenant"
        // However long a test takes, it hears what it was told of and nothing else.
        configuration.longestSilence = .seconds(3600)
        configuration.callers.limits = limits
        configuration.callers.trustedPeers = [IPNetwork("10.0.0.0/8")].compactMap { $0 }
        return GuardSession(
            head: HTTPRequestHead(
                version: .http1_1,
                method: method,
                uri: path,
                headers: ["authorization": "Bearer caller", "x-own": "kept", "x-tenant": "blue"]
            ),
            client: ClientInfo(address: address, requestID: "r1", isTLS: true),
            policy: PolicyInForce(
                GuardPipeline(
                    policy: policy,
                    rules: try RuleSet(policy.rules),
                    classifier: classifier,
                    writer: NoModel()
                ),
                candidate: try candidate.map { CandidateJudge(policy: $0, rules: try RuleSet($0.rules)) }
            ),
            environment: .init(configuration: configuration, audit: sink, metrics: GatewayMetrics())
        )
    }

    @Test func aCandidateIsRecordedAndNeverActsNorAsksTheModel() async throws {
        let listener = Listener()
        var rules = Self.rules
        rules[0].action = .log
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let session = try session(
            policy: Policy(name: "live", input: judged, rules: rules),
            classifier: listener,
            candidate: Policy(name: "next", digest: "ff", input: judged, rules: Self.rules)
        )
        _ = session.begin()
        let outcome = await session.request(body: body("A forbidden word"))
        guard case .forward = outcome else {
            Issue.record("the candidate acted")
            return
        }
        let asked = listener.asked.count
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<1000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let record = try #require(sink.records.first)
        #expect(record.input?.action == .log)
        #expect(record.candidate?.policy == .init(name: "next", digest: "ff"))
        #expect(record.candidate?.input?.action == .block)
        #expect(record.candidate?.output == nil)
        #expect(record.input?.scores != nil)
        #expect(listener.asked.count == asked)
    }

    @Test(arguments: [
        (ScopePattern(routes: [WordPattern("openai.chat")]), true),
        (ScopePattern(routes: [WordPattern("/v1/chat/*")]), true),
        (ScopePattern(routes: [WordPattern("/v1/messages")]), false),
        (ScopePattern(models: [WordPattern("m")]), true),
        (ScopePattern(models: [WordPattern("n")]), false),
        (ScopePattern(tenants: [WordPattern("blue")]), true),
        (ScopePattern(tenants: [WordPattern("red")]), false),
    ])
    func anOverrideHoldsForItsRequestsOnly(when: ScopePattern, holds: Bool) async throws {
        let override = PolicyOverride(name: "o", when: when, then: PolicyPatch(excludedRules: ["stop"]))
        let session = try session(policy: Policy(name: "test", rules: Self.rules, overrides: [override]))
        _ = session.begin()
        let isForwarded =
            switch await session.request(body: body("A forbidden word")) {
            case .forward: true
            case .reply: false
            }
        #expect(isForwarded == holds)
    }

    private func body(_ text: String, stream: Bool = false) -> ByteBuffer {
        let message: [String: Any] = ["role": "user", "content": text]
        let object: [String: Any] = ["model": "m", "stream": stream, "messages": [message]]
        let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return ByteBuffer(bytes: data)
    }

    private func text(_ reply: LocalReply) async throws -> String {
        switch reply.body {
        case .bytes(let buffer): return String(buffer: buffer)
        case .stream(let chunks):
            var text = ""
            for try await chunk in chunks { text += String(buffer: chunk) }
            return text
        }
    }

    private func answer(_ text: String) -> ByteBuffer {
        ByteBuffer(
            bytes: ChatCompletionWriter(id: "c", created: 1, model: "m").completion(text, finish: .stop)
        )
    }

    @Test func `a harmless request is forwarded with the gateway's own authorization`() async throws {
        let session = try session()
        guard case .forward(let headers, let forwarded) = await session.request(body: body("hello")) else {
            Issue.record("not forwarded")
            return
        }
        #expect(headers["authorization"] == ["Bearer upstream"])
        #expect(headers["x-own"] == ["kept"])
        #expect(String(buffer: forwarded).contains("hello"))
    }

    @Test func `a blocked request is answered as a completion and recorded`() async throws {
        let session = try session()
        guard case .reply(let reply) = await session.request(body: body("a forbidden thing")) else {
            Issue.record("not answered")
            return
        }
        #expect(reply.headers["x-guardian-decision"] == ["block"])
        #expect(reply.headers["x-guardian-categories"] == ["weapons"])
        let text = try await text(reply)
        #expect(text.contains("About weapons."))
        #expect(text.contains("\"finish_reason\":\"content_filter\""))
        session.finish(ExchangeSummary(status: 200))
        let record = try #require(sink.records.first)
        #expect(record.input?.action == .block)
        #expect(record.response?.fallbackReason == "not_asked")
        #expect(record.content == nil)
    }

    @Test func `a blocked request that asked for a stream gets one`() async throws {
        let session = try session()
        guard case .reply(let reply) = await session.request(body: body("forbidden", stream: true)) else {
            Issue.record("not answered")
            return
        }
        #expect(reply.headers["content-type"] == ["text/event-stream"])
        #expect(try await text(reply).hasSuffix("data: [DONE]\n\n"))
    }

    @Test(arguments: [false, true])
    func `a block is told as an error where the policy says so`(stream: Bool) async throws {
        let rule = Rule(
            id: "stop",
            category: .weapons,
            matchers: [.keyword("forbidden")],
            action: .block,
            response: .error
        )
        let session = try session(policy: Policy(name: "test", rules: [rule]))
        guard case .reply(let reply) = await session.request(body: body("a forbidden thing", stream: stream)) else {
            Issue.record("not answered")
            return
        }
        #expect(reply.status == .badRequest)
        #expect(reply.headers["content-type"] == ["application/json"])
        #expect(reply.headers["x-guardian-decision"] == ["block"])
        let text = try await text(reply)
        #expect(text.contains("The input was blocked") && text.contains("\"code\":\"content_filter\""))
        session.finish(ExchangeSummary(status: 400))
        let record = try #require(sink.records.first)
        #expect(record.input?.action == .block)
        #expect(record.response == nil)
    }

    @Test func `an answer's block is told as an error too`() async throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        let rule = Rule(
            id: "stop",
            category: .weapons,
            phases: [.output],
            matchers: [.keyword("forbidden")],
            action: .block,
            response: .error
        )
        let session = try session(policy: Policy(name: "test", rules: [rule]))
        _ = await session.request(body: body("hello"))
        guard case .reply(let reply) = await session.response(head: head, body: answer("forbidden words")) else {
            Issue.record("not blocked")
            return
        }
        #expect(reply.status == .badRequest)
        #expect(try await text(reply).contains("The answer was blocked"))
    }

    @Test func `a rewritten request reaches the upstream without what was redacted`() async throws {
        let session = try session()
        guard case .forward(_, let forwarded) = await session.request(body: body("project bluebird")) else {
            Issue.record("not forwarded")
            return
        }
        #expect(String(buffer: forwarded).contains("project [name]"))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        guard case .hold = session.responseHead(&head) else {
            Issue.record("not held")
            return
        }
        #expect(head.headers["x-guardian-decision"] == ["rewrite"])
    }

    @Test func `an answer is blocked, redacted or passed as the policy says`() async throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        let session = try session()
        _ = await session.request(body: body("hello"))
        guard case .reply(let reply) = await session.response(head: head, body: answer("forbidden words")) else {
            Issue.record("not blocked")
            return
        }
        #expect(try await text(reply).contains("content_filter"))
        guard case .forward(let redacted, let bytes) = await session.response(head: head, body: answer("by bluebird"))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(redacted.headers["x-guardian-decision"] == ["rewrite"])
        #expect(String(buffer: bytes).contains("by [name]"))
    }

    @Test func `an answer is judged behind the query that it answers`() async throws {
        let listener = Listener()
        let weapons = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = Policy(name: "test", output: PhasePolicy(categories: [.weapons: weapons]))
        let session = try session(policy: policy, classifier: listener)
        _ = await session.request(body: body("how long is the bridge?"))
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        _ = await session.response(head: head, body: answer("two miles"))
        let judged = try #require(listener.asked.first { $0.text == "two miles" })
        #expect(judged.role == .assistant)
        #expect(judged.context == [.init(role: .user, text: "how long is the bridge?")])
    }

    @Test func `an answer that cannot be read is not passed on`() async throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok)
        let session = try session()
        _ = await session.request(body: body("hello"))
        guard case .reply(let reply) = await session.response(head: head, body: ByteBuffer(string: "{]")) else {
            Issue.record("passed on")
            return
        }
        #expect(reply.status == .badGateway)
    }

    @Test func `shadow mode forwards at once, holds nothing, and records what it would have done`() async throws {
        let session = try session(policy: Policy(name: "test", mode: .shadow, rules: Self.rules))
        guard case .forward = await session.request(body: body("forbidden")) else {
            Issue.record("not forwarded")
            return
        }
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        #expect(head.headers["x-guardian-decision"] == ["allow"])
        session.observe(answer("a remark"))
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<500 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let record = try #require(sink.records.first)
        #expect(record.mode == "shadow")
        #expect(record.input?.action == .block)
        #expect(record.output?.action == .log)
    }

    @Test(arguments: [false, true])
    func `what is longer than the limits of the configuration is not read`(isStream: Bool) async throws {
        let long = String(repeating: "a", count: 300)
        let writer = ChatCompletionWriter(id: "c", created: 1, model: "m")
        let type = isStream ? "text/event-stream" : "application/json"
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": type])
        let bytes =
            isStream
            ? writer.start() + writer.piece(long) + writer.end(.stop, usage: nil)
            : writer.completion(long, finish: .stop)
        for (limit, isRead) in [(200, false), (2000, true)] {
            let session = try session(bodyLimit: limit, answerLimit: limit)
            switch await session.request(body: body(long)) {
            case .forward: #expect(isRead)
            case .reply(let reply): #expect(!isRead && reply.status == .payloadTooLarge)
            }
            session.state.withLock { $0.isEventStream = isStream }
            switch await session.response(head: head, body: ByteBuffer(bytes: bytes)) {
            case .forward: #expect(isRead)
            case .reply(let reply):
                #expect(!isRead && reply.status == .badGateway)
                #expect(try await text(reply).contains("upstream_response_too_large"))
            }
        }
    }

    @Test func `an answer that is too long to be observed counts as unread`() async throws {
        let session = try session(policy: Policy(name: "test", mode: .shadow, rules: Self.rules), answerLimit: 300)
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        guard case .observe(limit: 300) = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        session.observe(answer("a remark"))
        session.stopObserving()
        var summary = ExchangeSummary(status: 200)
        summary.responseBytes = 1000
        session.finish(summary)
        for _ in 0..<500 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try #require(sink.records.first).output == nil)
        let counts = session.environment.metrics.registry.exposition()
        #expect(counts.contains("guardian_unscanned_strings_total{phase=\"output\"} 1\n"))
        #expect(counts.contains("guardian_unscanned_bytes_total{phase=\"output\"} 1000\n"))
    }

    @Test func `an exchange is pending until it is recorded`() async throws {
        let session = try session()
        _ = await session.request(body: body("a forbidden thing"))
        #expect(session.environment.pendingRecords.count == 1)
        session.finish(ExchangeSummary(status: 200))
        #expect(sink.records.count == 1)
        #expect(session.environment.pendingRecords.count == 0)
    }

    @Test func `a client goes on from an answer before it was judged, and its record waits`() async throws {
        let model = Hesitant()
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let policy = Policy(name: "test", mode: .shadow, input: judged, output: judged)
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(path: "/v1/responses", policy: policy, classifier: model, limits: limits)
        _ = await session.request(body: ByteBuffer(string: #"{"model":"m","input":"hello"}"#))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        session.observe(
            ByteBuffer(
                string: #"{"id":"resp_1","output":[{"type":"message","role":"assistant","content":"#
                    + #"[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":300,"output_tokens":700}}"#
            )
        )
        session.finish(ExchangeSummary(status: 200))
        let account = try session.identity.get().account
        let ledger = session.environment.ledger
        for _ in 0..<3000 where ledger.entry("resp_1", of: account) == nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(ledger.entry("resp_1", of: account)?.turns.last?.text == "hi")
        let begin = ContinuousClock.now
        while try remainingTokens(session, limits) > 1900, begin.duration(to: .now) < .seconds(30) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try (900..<1900).contains(remainingTokens(session, limits)))
        #expect(sink.records.isEmpty)
        #expect(session.environment.pendingRecords.count == 1)
        model.goOn()
        for _ in 0..<3000 where session.environment.pendingRecords.count > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(session.environment.pendingRecords.count == 0)
        let record = try #require(sink.records.first)
        #expect(record.input != nil && record.output != nil)
    }

    private func remainingTokens(_ session: GuardSession, _ limits: CallerLimits) throws -> Int {
        let account = try session.identity.get().account
        // As of the beginning, so that nothing flows back meanwhile, however busy the machine is.
        let statuses = session.environment.limiter.admit(account, limits: limits, tokens: 0, at: began).statuses
        return try #require(statuses.first { $0.kind == .tokens }).remaining
    }

    @Test(
        arguments: [Policy(name: "test", mode: .shadow, rules: rules), Policy(name: "test")],
        [TokenUsage(prompt: 300, completion: 700), nil] as [TokenUsage?]
    )
    func `a stream that passes takes the tokens that were counted, or those of its words`(
        policy: Policy,
        usage: TokenUsage?
    ) async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(policy: policy, limits: limits)
        _ = await session.request(body: body("hello", stream: true))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        // A thousand tokens in some forty thousand tokens' worth of events.
        let words = String(repeating: "word ", count: 800)
        let writer = ChatCompletionWriter(id: "c", created: 1, model: "m")
        var events = ByteBuffer()
        for event in writer.stream(words, finish: .stop, usage: usage) { events.writeBytes(event) }
        #expect(events.readableBytes > 100_000)
        session.observe(events)
        session.finish(ExchangeSummary(status: 200, responseBytes: events.readableBytes))
        for _ in 0..<3000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try (900..<1900).contains(remainingTokens(session, limits)))
    }

    @Test(arguments: [
        ("/v1/models", HTTPMethod.GET), ("/v1/embeddings", HTTPMethod.POST), ("/v1/moderations", HTTPMethod.POST),
    ])
    func `an answer without words takes no tokens`(path: String, method: HTTPMethod) async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(path: path, method: method, limits: limits)
        _ = session.begin()
        if method == .POST {
            _ = await session.request(body: ByteBuffer(string: #"{"model":"m","input":"hello"}"#))
        }
        session.finish(ExchangeSummary(status: 200, responseBytes: 400_000))
        #expect(try remainingTokens(session, limits) > 1900)
    }

    @Test func `a safeguard response that streams takes the tokens of its words`() async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(limits: limits)
        guard case .reply(let reply) = await session.request(body: body("forbidden", stream: true)) else {
            Issue.record("not answered")
            return
        }
        _ = try await text(reply)
        session.finish(ExchangeSummary(status: 200, responseBytes: 40_000))
        #expect(try remainingTokens(session, limits) > 1900)
    }

    @Test(arguments: [false, true])
    func `what a policy in shadow mode would have done is told where that is wanted`(isWanted: Bool) async throws {
        let session = try session(policy: Policy(name: "test", mode: .shadow, rules: Self.rules), tellsTrials: isWanted)
        // An upstream that says so itself is not believed.
        var head = HTTPResponseHead(
            version: .http1_1,
            status: .ok,
            headers: ["content-type": "application/json", "x-guardian-shadow-decision": "none"]
        )
        _ = await session.request(body: body("forbidden"))
        for _ in 0..<500 {
            _ = session.responseHead(&head)
            guard isWanted, head.headers["x-guardian-shadow-decision"] == ["pending"] else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(head.headers["x-guardian-shadow-decision"] == (isWanted ? ["block"] : []))
        #expect(head.headers["x-guardian-decision"] == ["allow"])
        #expect(head.headers["x-guardian-candidate-decision"].isEmpty)
        session.finish(ExchangeSummary(status: 200))
    }

    @Test(arguments: [false, true])
    func `what a candidate would have done is told where that is wanted`(isWanted: Bool) async throws {
        var rules = Self.rules
        for index in rules.indices { rules[index].action = .log }
        let candidate = Policy(name: "candidate", rules: rules)
        let session = try session(tellsTrials: isWanted, candidate: candidate)
        guard case .reply(let reply) = await session.request(body: body("forbidden")) else {
            Issue.record("not blocked")
            return
        }
        #expect(reply.headers["x-guardian-decision"] == ["block"])
        #expect(reply.headers["x-guardian-candidate-decision"] == (isWanted ? ["log"] : []))
        #expect(reply.headers["x-guardian-shadow-decision"].isEmpty)
        session.finish(ExchangeSummary(status: 200))
    }

    @Test(arguments: [StreamPolicy.Mode.window, .full])
    func `a stream in which findings are only logged is not held`(mode: StreamPolicy.Mode) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        for (action, isHeld) in [(Action.log, false), (.block, true)] {
            let rule = Rule(id: "a", category: .privacy, phases: [.output], matchers: [.keyword("a")], action: action)
            let session = try session(policy: Policy(name: "test", stream: StreamPolicy(mode: mode), rules: [rule]))
            _ = await session.request(body: body("hello", stream: true))
            let treatment = session.responseHead(&head)
            if case .observe = treatment { #expect(!isHeld) } else { #expect(isHeld) }
        }
    }

    private static let mask = Rule(
        id: "mask",
        category: .privacy,
        matchers: [.regex(pattern: #"[a-z]+@[a-z.]+"#, ignoreCase: false)],
        action: .rewrite,
        rewrite: .mask(label: "[email]")
    )

    @Test func `what was masked is put back into the answer`() async throws {
        let session = try session(policy: Policy(name: "test", rules: [Self.mask]))
        let outcome = await session.request(body: body("from ann@a.example to bob@b.example, not ann@a.example"))
        guard case .forward(_, let forwarded) = outcome else {
            Issue.record("not forwarded")
            return
        }
        #expect(String(buffer: forwarded).contains("from [email-1] to [email-2], not [email-1]"))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        _ = session.responseHead(&head)
        guard case .forward(_, let body) = await session.response(head: head, body: answer("so [email-2] has it"))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(String(buffer: body).contains("so bob@b.example has it"))
    }

    /// Answers that call a tool with `[account-1]`, for which the caller wrote `CORP\jdoe`, and what the caller gets of them: a
    /// backslash is written twice in JSON, and four times in JSON that stands in a string of it.
    private static let calls: [(path: String, answer: String, restored: String)] = [
        (
            "/v1/messages",
            #"{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"to":"[account-1]"}}]}"#,
            #"{"to":"CORP\\jdoe"}"#
        ),
        (
            "/v1/messages",
            #"{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"arguments":"[account-1]"}}]}"#,
            #"{"arguments":"CORP\\jdoe"}"#
        ),
        (
            "/v1/messages",
            #"{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"body":"[{\"to\":\"[account-1]\"}]"}}]}"#,
            #"{"body":"[{\"to\":\"CORP\\\\jdoe\"}]"}"#
        ),
        (
            "/api/chat",
            #"{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"to":"[account-1]"}}}]},"done":true}"#,
            #"{"to":"CORP\\jdoe"}"#
        ),
        (
            "/v1beta/models/m:generateContent",
            #"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"to":"[account-1]"}}}]}}]}"#,
            #"{"to":"CORP\\jdoe"}"#
        ),
        (
            "/v1/chat/completions",
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"to\":\"[account-1]\"}"}}]}}]}"#,
            #""{\"to\":\"CORP\\\\jdoe\"}""#
        ),
        (
            "/v1/chat/completions",
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"to\":\"[account-1]"}}]}}]}"#,
            #""{\"to\":\"CORP\\\\jdoe""#
        ),
    ]

    @Test(arguments: calls)
    func `a masked word in the call of a tool is escaped as often as the call is written`(
        call: (path: String, answer: String, restored: String)
    ) async throws {
        let rule = Rule(
            id: "mask",
            category: .privacy,
            matchers: [.regex(pattern: #"CORP\\[a-z]+"#, ignoreCase: false)],
            action: .rewrite,
            rewrite: .mask(label: "[account]")
        )
        let session = try session(path: call.path, policy: Policy(name: "test", rules: [rule]))
        let text = #"to CORP\\jdoe"#
        let request =
            call.path.hasPrefix("/v1beta")
            ? #"{"contents":[{"parts":[{"text":"\#(text)"}]}]}"#
            : #"{"model":"m","max_tokens":9,"stream":false,"messages":[{"role":"user","content":"\#(text)"}]}"#
        let outcome = await session.request(body: ByteBuffer(string: request))
        guard case .forward(_, let forwarded) = outcome else {
            Issue.record("not forwarded")
            return
        }
        #expect(String(buffer: forwarded).contains("to [account-1]"))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        _ = session.responseHead(&head)
        guard case .forward(_, let body) = await session.response(head: head, body: ByteBuffer(string: call.answer))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(String(buffer: body).contains(call.restored))
    }

    @Test func `an answer that nothing is judged of is held for what was masked`() async throws {
        var rule = Self.mask
        rule.phases = [.input]
        let quiet = Policy(name: "test", stream: StreamPolicy(mode: .observe), rules: [rule])
        let session = try session(policy: quiet)
        _ = await session.request(body: body("to ann@a.example", stream: true))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        guard case .window = session.responseHead(&head) else {
            Issue.record("not held")
            return
        }
    }

    @Test(arguments: streamed)
    func `what was masked is put back into a stream wherever it is cut`(
        exchange: (path: String, body: String)
    ) async throws {
        guard case .guarded(let dialect) = Endpoint(method: "POST", path: exchange.path) else {
            Issue.record("\(exchange.path) is not guarded")
            return
        }
        let request = exchange.body.replacing("hello", with: "to ann@a.example and bob@b.example")
        let answer = String(repeating: "la ", count: 60) + "so [email-1] and [email-2], [email-3] [email-1"
        let expected = String(repeating: "la ", count: 60) + "so ann@a.example and bob@b.example, [email-3] [email-1"
        let bytes = try answering(answer, dialect, exchange.body)
        for cut in stride(from: 1, to: bytes.count, by: bytes.count / 100 | 1) {
            let parts = try await passage(
                [bytes[..<cut], bytes[cut...]],
                dialect,
                path: exchange.path,
                request: request,
                rules: [Self.mask]
            )
            #expect(parts.answer.segments.map(\.text).joined() == expected)
        }
    }

    /// A streamed request of each dialect.
    private static let streamed: [(path: String, body: String)] = [
        ("/v1/chat/completions", #"{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}"#),
        ("/v1/completions", #"{"model":"m","stream":true,"prompt":"hello"}"#),
        ("/v1/responses", #"{"model":"m","stream":true,"input":"hello"}"#),
        ("/v1/messages", #"{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}"#),
        ("/api/chat", #"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#),
        ("/api/generate", #"{"model":"m","prompt":"hello"}"#),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", #"{"contents":[{"parts":[{"text":"hello"}]}]}"#),
    ]

    /// The stream of an upstream that answers with this text.
    private func answering(_ text: String, _ dialect: any Dialect, _ body: String) throws -> [UInt8] {
        var stream = try dialect.request(parsing: Array(body.utf8)).replyStream(as: .init(requestID: "u", created: 1))
        var bytes = stream.piece("", of: 0)
        for piece in TextPieces.of(text) { bytes += stream.piece(piece, of: 0) }
        return bytes + stream.filtered(saying: [])
    }

    /// The words of a stream that came in these chunks, as the caller reads them, and what was recorded of it.
    private func passage(
        _ chunks: [ArraySlice<UInt8>],
        _ dialect: any Dialect,
        path: String,
        request: String,
        rules: [Rule] = rules
    ) async throws -> (answer: any DialectAnswer, record: Action?) {
        // No text is late, so that nothing depends on the clock.
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let session = try session(path: path, policy: Policy(name: "test", stream: patient, rules: rules))
        _ = await session.request(body: ByteBuffer(string: request))
        let (stream, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        for chunk in chunks { continuation.yield(ByteBuffer(bytes: chunk)) }
        continuation.finish()
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": dialect.streamType])
        var bytes = ""
        switch await session.response(head: head, chunks: stream) {
        case .reply(let reply): bytes = try await text(reply)
        case .forward(_, let body): bytes = String(buffer: body)
        }
        var reader = dialect.stream()
        try reader.read(bytes.utf8)
        #expect(reader.isComplete)
        return (reader.answer, session.state.withLock { $0.output?.decision.action })
    }

    @Test(
        arguments: streamed,
        [
            (String(repeating: "la ", count: 60) + "a forbidden thing", Action.block),
            (String(repeating: "la ", count: 60) + "of bluebird it is", Action.rewrite),
        ]
    )
    func `a stream cut at every byte has the same outcome`(
        exchange: (path: String, body: String),
        answer: (text: String, action: Action)
    ) async throws {
        guard case .guarded(let dialect) = Endpoint(method: "POST", path: exchange.path) else {
            Issue.record("\(exchange.path) is not guarded")
            return
        }
        func passage(_ chunks: [ArraySlice<UInt8>]) async throws -> (answer: any DialectAnswer, record: Action?) {
            try await self.passage(chunks, dialect, path: exchange.path, request: exchange.body)
        }
        let bytes = try answering(answer.text, dialect, exchange.body)
        let whole = try await passage([bytes[...]])
        #expect(whole.record == answer.action)
        let words = whole.answer.segments.map(\.text).joined()
        #expect(words.contains("la la la"))
        #expect(!words.contains("forbidden") && !words.contains("bluebird"))
        for cut in stride(from: 1, to: bytes.count, by: bytes.count / 200 | 1) {
            let parts = try await passage([bytes[..<cut], bytes[cut...]])
            #expect(parts.answer.body == whole.answer.body)
            #expect(parts.record == answer.action)
        }
        let single = try await passage(bytes.indices.map { bytes[$0...$0] })
        #expect(single.answer.body == whole.answer.body)
        #expect(single.record == answer.action)
    }

    /// What the caller gets of a stream of these words until it has heard enough. The stream's end has not come.
    private func beginning(
        of words: String,
        in session: GuardSession,
        asking question: String = "hello",
        upTo enough: String
    ) async throws -> (heard: String, upstream: AsyncThrowingStream<ByteBuffer, any Error>.Continuation) {
        _ = session.begin()
        _ = await session.request(body: body(question, stream: true))
        let (chunks, upstream) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let writer = ChatCompletionWriter(id: "c", created: 1, model: "m")
        upstream.yield(ByteBuffer(bytes: writer.start() + writer.piece(words)))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        _ = session.responseHead(&head)
        var heard = ""
        guard case .reply(let reply) = await session.response(head: head, chunks: chunks),
            case .stream(let answer) = reply.body
        else {
            Issue.record("no stream")
            return (heard, upstream)
        }
        for try await chunk in answer {
            heard += String(buffer: chunk)
            if heard.contains(enough) { break }
        }
        return (heard, upstream)
    }

    /// Longer than a window, so that what stands before it is in none of the later ones.
    private static let soup = String(repeating: "Soup is made of water and time. ", count: 60)

    @Test func `what was found in a stream whose end nobody waits for is recorded and counted`() async throws {
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let session = try session(policy: Policy(name: "test", stream: patient, rules: Self.rules))
        let words = "A remark. \(Self.soup)Of bluebird it is. \(Self.soup)"
        let (heard, upstream) = try await beginning(of: words, in: session, upTo: "[name]")
        defer { upstream.finish() }
        #expect(heard.contains("remark") && !heard.contains("bluebird"))
        #expect(sink.records.isEmpty)
        session.finish(ExchangeSummary(status: 200, fault: .client, error: "client_gone"))
        let output = try #require(sink.records.first?.output)
        #expect(output.action == .rewrite && output.categories == [.privacy, .hate])
        #expect(output.findings.map(\.action) == [.rewrite, .log])
        #expect(output.findings.last?.source == .rule(id: "note", spans: [2..<8]))
        #expect(output.segmentsScanned == 1 && output.segmentsUnscanned == 0)
        #expect((words.utf8.count / 3...words.utf8.count).contains(output.bytesScanned))
        let counts = session.environment.metrics.registry.exposition()
        #expect(counts.contains("guardian_decisions_total{phase=\"output\",action=\"rewrite\",mode=\"enforce\"} 1\n"))
        #expect(counts.contains("guardian_scanned_bytes_total{phase=\"output\"} \(output.bytesScanned)\n"))
    }

    @Test func `what was found in a stream before it was stopped is recorded with what stopped it`() async throws {
        let session = try session()
        let words = "A remark. \(Self.soup)A forbidden thing. \(Self.soup)"
        let (heard, upstream) = try await beginning(of: words, in: session, upTo: "[DONE]")
        defer { upstream.finish() }
        #expect(heard.contains("remark") && heard.contains("content_filter") && !heard.contains("forbidden"))
        session.finish(ExchangeSummary(status: 200))
        let output = try #require(sink.records.first?.output)
        #expect(output.action == .block && output.categories == [.weapons, .hate])
    }

    @Test func `the whole of a stream that came to its end is recorded`() async throws {
        let session = try session()
        let words = "A remark. \(Self.soup)Of bluebird it is. \(Self.soup)"
        let (_, upstream) = try await beginning(of: words, in: session, upTo: "remark")
        upstream.yield(ByteBuffer(bytes: ChatCompletionWriter(id: "c", created: 1, model: "m").end(.stop, usage: nil)))
        upstream.finish()
        for _ in 0..<3000 where session.state.withLock({ $0.output == nil }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        session.finish(ExchangeSummary(status: 200))
        let output = try #require(sink.records.first?.output)
        #expect(output.action == .rewrite && output.categories == [.privacy, .hate])
        #expect(output.bytesScanned == words.utf8.count)
    }

    /// What the caller gets of a stream that came in one piece.
    private func heard(of bytes: [UInt8], in session: GuardSession) async throws -> String {
        let type = session.dialect?.streamType ?? ""
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": type])
        guard case .window = session.responseHead(&head) else {
            Issue.record("not read on its way")
            return ""
        }
        let (chunks, upstream) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        upstream.yield(ByteBuffer(bytes: bytes))
        upstream.finish()
        switch await session.response(head: head, chunks: chunks) {
        case .reply(let reply): return try await text(reply)
        case .forward(_, let body): return String(buffer: body)
        }
    }

    /// The stream of an upstream that says this, in one piece.
    private func saying(_ words: String) -> [UInt8] {
        Array(ChatCompletionWriter(id: "c", created: 1, model: "m").stream(words, finish: .stop, usage: nil).joined())
    }

    /// Streams of which nothing goes out before their end, and what the caller is told of them: first, and ever.
    private static let held: [(path: String, events: [String], first: [String], told: [String])] = [
        (
            "/v1/messages",
            [
                #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":\"herbs\"}"}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}"#,
                #"{"type":"message_stop"}"#,
            ],
            ["message_start", #""usage":{"input_tokens":3,"output_tokens":1}"#],
            ["herbs", #""output_tokens":9"#]
        ),
        (
            "/v1/responses",
            [
                #"{"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","error":null,"model":"m","output":[]}}"#,
                #"{"type":"response.failed","response":{"id":"r","object":"response","status":"failed","error":{"code":"server_error","message":"Not now."},"model":"m","output":[]}}"#,
            ],
            ["response.created", #""id":"r""#, #""error":null"#, #""model":"m""#],
            ["event: response.failed\n", "Not now."]
        ),
        (
            "/v1/responses",
            [
                #"{"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","model":"m","output":[]}}"#,
                #"{"type":"response.incomplete","response":{"id":"r","object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"model":"m","output":[]}}"#,
            ],
            ["response.created", #""id":"r""#, #""model":"m""#],
            ["event: response.incomplete\n", "max_output_tokens"]
        ),
        (
            "/v1/responses",
            [
                #"{"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","model":"m","output":[]}}"#,
                #"{"type":"error","code":"server_error","message":"Not now.","param":null}"#,
            ],
            ["response.created", #""id":"r""#, #""model":"m""#],
            ["event: error\n", "Not now."]
        ),
        (
            "/api/chat",
            [
                #"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Soup."},"done":false}"#,
                #"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}"#,
            ],
            [#""model":"m""#, #""created_at":"2026-01-01T00:00:00Z""#],
            ["Soup.", #""done":true"#]
        ),
    ]

    @Test(arguments: held, [StreamPolicy.Mode.window, .full])
    func `a stream of which nothing went out before its end says what the upstream's said`(
        stream: (path: String, events: [String], first: [String], told: [String]),
        mode: StreamPolicy.Mode
    ) async throws {
        let policy = Policy(name: "test", stream: StreamPolicy(mode: mode), rules: Self.rules)
        let session = try session(path: stream.path, policy: policy)
        let request = try #require(Self.streamed.first { $0.path == stream.path }?.body)
        _ = await session.request(body: ByteBuffer(string: request))
        let isLines = stream.path.hasPrefix("/api")
        let separator: String = isLines ? "\n" : "\n\n"
        let events = stream.events.map { (isLines ? "" : "data: ") + $0 + separator }.joined()
        let heard = try await heard(of: Array(events.utf8), in: session)
        let first = try #require(heard.split(separator: separator).first)
        for word in stream.first { #expect(first.contains(word)) }
        for word in stream.told { #expect(heard.contains(word)) }
        #expect(!heard.contains("response.completed"))
    }

    @Test func `what a window alone was replaced for is recorded`() async throws {
        let hate = CategoryPolicy(threshold: 0.5, action: .rewrite, rewrite: .replace(text: "Enough."))
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let policy = Policy(name: "test", output: PhasePolicy(categories: [.hate: hate]), stream: patient)
        let model = Hasty()
        let session = try session(policy: policy, classifier: model)
        _ = await session.request(body: body("hello", stream: true))
        let heard = try await heard(of: saying(Self.soup), in: session)
        #expect(heard.contains("Enough.") && !heard.contains("Soup"))
        session.finish(ExchangeSummary(status: 200))
        let record = try #require(sink.records.first)
        #expect(record.output?.action == .rewrite && record.output?.categories == [.hate])
        let output = try #require(session.state.withLock { $0.output })
        let segment = try #require(record.output?.findings.first?.segment)
        #expect(output.segments[segment].path == "/choices/0/message/content")
        #expect(record.tokens.judged == 5 * model.count)
    }

    @Test func `what windows took of a stream of which nothing went out is recorded`() async throws {
        let hate = CategoryPolicy(threshold: 0.95, action: .block)
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let policy = Policy(name: "test", output: PhasePolicy(categories: [.hate: hate]), stream: patient)
        let model = Hasty()
        let session = try session(policy: policy, classifier: model)
        _ = await session.request(body: body("hello", stream: true))
        // A window's worth of text, and less than another behind which it might go out.
        let heard = try await heard(of: saying("Soup is made of water and time. Soup."), in: session)
        #expect(heard.contains("water"))
        session.finish(ExchangeSummary(status: 200))
        let record = try #require(sink.records.first)
        #expect(record.output?.action == nil)
        #expect(model.count > 1 && record.tokens.judged == 5 * model.count)
    }

    @Test func `an observed stream flows on with what was masked put back, and is judged in the end`() async throws {
        let observing = StreamPolicy(mode: .observe, holdBack: HoldBack(delay: .seconds(3600)))
        let session = try session(policy: Policy(name: "test", stream: observing, rules: Self.rules + [Self.mask]))
        let words = "A forbidden thing for [email-1] of bluebird."
        let question = "to ann@a.example"
        let (heard, upstream) = try await beginning(of: words, in: session, asking: question, upTo: "bluebird.")
        defer { upstream.finish() }
        #expect(heard.contains("A forbidden thing for ann@a.example of bluebird."))
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<3000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let record = try #require(sink.records.first)
        #expect(record.input?.action == .rewrite)
        #expect(record.output?.action == .block && record.output?.categories == [.privacy, .weapons])
        #expect(record.outcome == .answered && record.response == nil)
    }

    @Test(arguments: [MediaHandling.drop, .refuse])
    func `an observed stream loses what is no text, and nothing else`(media: MediaHandling) async throws {
        let policy = Policy(
            name: "test",
            output: PhasePolicy(media: media),
            stream: StreamPolicy(mode: .observe),
            rules: Self.rules
        )
        let gemini = Self.streamed[6]
        let session = try session(path: gemini.path, policy: policy)
        _ = await session.request(body: ByteBuffer(string: gemini.body))
        let data = String(repeating: "QUJDRA", count: 8)
        let parts = [
            #"{"text":"A forbidden thing."}],"role":"model"},"index":0}]}"#,
            #"{"inlineData":{"mimeType":"image/png","data":"\#(data)"}}],"role":"model"},"finishReason":"STOP","index":0}]}"#,
        ]
        let events = parts.map { #"data: {"candidates":[{"content":{"parts":["# + $0 + "\n\n" }.joined()
        let heard = try await heard(of: Array(events.utf8), in: session)
        #expect(!heard.contains(data) && heard.contains("not passed on") == (media == .refuse))
        // Both came in one piece, so that nothing went out before it was known what stands behind.
        #expect(heard.contains(" forbidden") == (media == .drop))
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<3000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let record = try #require(sink.records.first)
        #expect(record.output?.action == .block)
        #expect(record.error == (media == .refuse ? "media_refused" : nil))
    }

    @Test func `a stream that is stopped where an error is wanted is recorded as withheld`() async throws {
        let rule = Rule(
            id: "stop",
            category: .weapons,
            phases: [.output],
            matchers: [.keyword("forbidden")],
            action: .block,
            response: .error
        )
        let session = try session(policy: Policy(name: "test", rules: [rule]))
        let words = "\(Self.soup)A forbidden thing. \(Self.soup)"
        let (heard, upstream) = try await beginning(of: words, in: session, upTo: "[DONE]")
        defer { upstream.finish() }
        #expect(heard.contains("Soup") && heard.contains("content_filter") && !heard.contains("forbidden"))
        session.finish(ExchangeSummary(status: 200))
        let record = try #require(sink.records.first)
        #expect(record.outcome == .safeguarded && record.response == nil)
        #expect(record.error == "content_filter" && record.fault == "client")
    }

    @Test func `judging in shadow mode has its own time, and not that of the exchange's end`() async throws {
        let session = try session(policy: Policy(name: "test", mode: .shadow, rules: Self.rules))
        _ = await session.request(body: body("forbidden"))
        for _ in 0..<3000 where session.state.withLock({ $0.trial == nil }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        let answered = ContinuousClock.now
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<3000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let stage = try #require(session.state.withLock { $0.stages.input })
        #expect(stage.upperBound <= answered)
    }

    /// The spans of an exchange that ended so.
    private func spans(of session: GuardSession, _ summary: ExchangeSummary) throws -> [Otlp_SpanRecord] {
        session.finish(summary)
        let record = try #require(sink.records.last)
        let trace = ExchangeTrace(headers: [:], share: 1)
        let batch = session.state.withLock { session.spans(trace, summary, record, $0) }
        return try Otlp_ScopeSpans(serializedBytes: batch.writer.bytes).spans
    }

    private func attribute(_ name: String, of span: Otlp_SpanRecord) -> String? {
        span.attributes.first { $0.key == name }?.value.stringValue
    }

    @Test(arguments: [
        (HTTPMethod.POST, "POST", "POST /v1/chat/completions"), (.RAW(value: "PURPLEZEBRA"), "_OTHER", "HTTP"),
        (.PURGE, "_OTHER", "HTTP"), (.DELETE, "DELETE", "DELETE"),
    ])
    func `a method that anybody made up names no span`(method: HTTPMethod, told: String, name: String) throws {
        let session = try session(method: method)
        _ = session.begin()
        let spans = try spans(of: session, ExchangeSummary(status: 404))
        #expect(spans.map(\.name) == [name])
        #expect(spans.first.flatMap { attribute("http.request.method", of: $0) } == told)
    }

    /// How exchanges end for which the upstream was asked, and what is told of the failure of that.
    private static let ends: [(summary: ExchangeSummary, failure: String?)] = [
        (ExchangeSummary(status: 200, upstreamStatus: 200), nil),
        // A caller who left, and a gateway that does not pass on what it got.
        (ExchangeSummary(status: 499, fault: .client, error: "client_gone"), nil),
        (ExchangeSummary(status: 500, fault: .proxy, error: "reply_failed", upstreamStatus: 200), nil),
        (ExchangeSummary(status: 429, upstreamStatus: 429), "429"),
        (ExchangeSummary(status: 502, fault: .upstream, error: "upstream_refused"), "upstream_refused"),
        (ExchangeSummary(status: 200, fault: .upstream, error: "upstream_cut", upstreamStatus: 200), "upstream_cut"),
        (ExchangeSummary(status: 503, fault: .proxy, error: "upstream_full"), "upstream_full"),
    ]

    @Test(arguments: ends)
    func `the request to the LLM is a span to its end, whether or not there was a connection for it`(
        end: (summary: ExchangeSummary, failure: String?)
    ) async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        var summary = end.summary
        summary.duration = .seconds(9)
        summary.upstreamEnd = .seconds(5)
        let spans = try spans(of: session, summary)
        let exchange = try #require(spans.first { $0.kind == 2 })
        let request = try #require(spans.first { $0.kind == 3 })
        #expect(request.endTimeUnixNano - exchange.startTimeUnixNano == 5_000_000_000)
        #expect(attribute("error.type", of: request) == end.failure)
        #expect(request.status.code == (end.failure == nil ? 0 : 2))
    }

    @Test func `where nothing was to be asked of the LLM there is no span of it`() async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        #expect(try spans(of: session, ExchangeSummary(status: 499)).allSatisfy { $0.kind != 3 })
    }

    @Test(arguments: streamed)
    func `a blocked request is answered in its dialect`(exchange: (path: String, body: String)) async throws {
        let session = try session(path: exchange.path)
        let body = exchange.body.replacing("hello", with: "a forbidden thing")
        guard case .reply(let reply) = await session.request(body: ByteBuffer(string: body)),
            let dialect = session.dialect
        else {
            Issue.record("not answered")
            return
        }
        #expect(reply.headers["content-type"] == [dialect.streamType])
        var reader = dialect.stream()
        try reader.read(try await text(reply).utf8)
        #expect(reader.isComplete)
        #expect(reader.answer.segments.map(\.text) == ["About weapons."])
    }

    @Test func `the gateway's own key goes where the API looks for it`() async throws {
        let session = try session(path: "/v1/messages")
        guard case .forward(let headers, _) = await session.request(body: ByteBuffer(string: Self.streamed[3].body))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(headers["authorization"] == ["Bearer upstream"])
        #expect(headers["x-api-key"].isEmpty)
    }

    @Test func `moderations are answered here`() async throws {
        let session = try session(path: "/v1/moderations")
        let body = ByteBuffer(string: #"{"input":["hello","a forbidden thing"]}"#)
        guard case .reply(let reply) = await session.request(body: body) else {
            Issue.record("not answered")
            return
        }
        let text = try await text(reply)
        #expect(text.contains(#"{"flagged":false"#) && text.contains(#"{"flagged":true"#))
        session.finish(ExchangeSummary(status: 200))
        #expect(sink.records.first?.dialect == "openai.moderations")
        #expect(sink.records.first?.input?.action == .block)
    }

    @Test(
        arguments: [
            (#"["hello","a remark"]"#, Action.log), (#"["a remark","hello"]"#, .log),
            (#"["a remark","a forbidden thing","a remark"]"#, .block), (#"["hello","hello"]"#, nil),
        ] as [(String, Action?)]
    )
    func `the worst input of a moderation is recorded and told`(inputs: String, action: Action?) async throws {
        let session = try session(path: "/v1/moderations", limits: CallerLimits(requestsPerMinute: 10))
        guard case .reply(let reply) = await session.request(body: ByteBuffer(string: #"{"input":\#(inputs)}"#)) else {
            Issue.record("not answered")
            return
        }
        #expect(reply.headers["x-guardian-decision"] == [action?.rawValue ?? "allow"])
        let category = action == .block ? "weapons" : action == .log ? "hate" : ""
        #expect(reply.headers["x-guardian-categories"] == [category])
        #expect(reply.headers["x-ratelimit-limit-requests"] == ["10"])
        session.finish(ExchangeSummary(status: 200))
        #expect(try #require(sink.records.first).input?.action == action)
    }

    @Test(arguments: [("m", false), ("n", true)])
    func `a moderation is judged by what holds for its model`(model: String, isFlagged: Bool) async throws {
        let override = PolicyOverride(
            name: "o",
            when: ScopePattern(models: [WordPattern("m")]),
            then: PolicyPatch(excludedRules: ["stop"])
        )
        let policy = Policy(name: "test", rules: Self.rules, overrides: [override])
        let session = try session(path: "/v1/moderations", policy: policy)
        let body = ByteBuffer(string: #"{"model":"\#(model)","input":"a forbidden thing"}"#)
        guard case .reply(let reply) = await session.request(body: body) else {
            Issue.record("not answered")
            return
        }
        #expect(try await text(reply).contains(#""flagged":\#(isFlagged)"#))
    }

    @Test func `an error of the proxy has the dialect's form`() async throws {
        let error = ProxyError(413, "body_too_large", "The body exceeds 7 bytes.")
        let reply = try #require(try session(path: "/v1/messages").reply(to: error))
        #expect(reply.status == .payloadTooLarge)
        #expect(try await text(reply).contains(#""type":"request_too_large""#))
        #expect(try session().reply(to: error) == nil)
    }

    @Test func `malformed JSON is the caller's error`() async throws {
        guard case .reply(let reply) = await (try session()).request(body: ByteBuffer(string: "{")) else {
            Issue.record("forwarded")
            return
        }
        #expect(reply.status == .badRequest)
        #expect(try await text(reply).contains("invalid_json"))
    }

    @Test func `an unknown path is refused unless the configuration says otherwise`() throws {
        guard case .reply(let reply) = try session(path: "/v1/files").begin() else {
            Issue.record("not refused")
            return
        }
        #expect(reply.status == .notFound)
        guard case .pass = try session(path: "/v1/files", passesUnrecognised: true).begin() else {
            Issue.record("not passed")
            return
        }
        guard case .pass = try session(path: "/v1/models", method: .GET).begin() else {
            Issue.record("models not passed")
            return
        }
    }
}
