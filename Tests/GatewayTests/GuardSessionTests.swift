import Audit
import ChatAPI
import Foundation
import Guard
import GuardCore
import Listening
import NIOCore
import NIOHTTP1
import NIOPosix
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

/// Says what a response is about.
private struct Echo: SafeguardWriter {
    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "About \(request.text).", origin: .template, fallbackReason: "not_asked")
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

/// Finds nothing, and remembers where it was asked.
private final class Located: SafetyClassifier {
    private let places = Mutex<[Bool]>([])
    /// Whether it was asked on an event loop, each time.
    var onLoop: [Bool] { places.withLock { $0 } }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        places.withLock { $0.append(MultiThreadedEventLoopGroup.currentEventLoop != nil) }
        return texts.map { _ in Assessment.none }
    }
}

/// Finds nothing, and remembers until when it was given.
private final class Punctual: SafetyClassifier {
    private let log = Mutex<[ContinuousClock.Instant?]>([])
    var deadlines: [ContinuousClock.Instant?] { log.withLock { $0 } }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        log.withLock { $0.append(deadline) }
        return texts.map { _ in Assessment.none }
    }
}

/// Comes to no end, unless it is called off.
private final class Endless: SafetyClassifier {
    private let asked = Mutex(false)
    var isAsked: Bool { asked.withLock { $0 } }

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        asked.withLock { $0 = true }
        try await Task.sleep(for: .seconds(3600))
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
        content: GatewayConfiguration.AuditLog.ContentScope = .none,
        classifier: any SafetyClassifier = NoModel(),
        writer: any SafeguardWriter = NoModel(),
        candidate: Policy? = nil,
        bodyLimit: Int? = nil,
        answerLimit: Int? = nil,
        bufferedBytes: Int? = nil,
        limits: CallerLimits = CallerLimits(),
        credential: String? = "Bearer upstream",
        headers: HTTPHeaders = [:],
        address: SocketAddress? = try? SocketAddress(ipAddress: "10.1.2.3", port: 1),
        beside other: GuardSession? = nil
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
        configuration.audit.content = content
        if let bodyLimit { configuration.bodyLimit = bodyLimit }
        if let answerLimit { configuration.answerLimit = answerLimit }
        if let bufferedBytes { configuration.limits.bufferedBytes = bufferedBytes }
        configuration.upstream.authorization = credential
        configuration.tenantField = "x-tenant"
        // However long a test takes, it hears what it was told of and nothing else.
        configuration.longestSilence = .seconds(3600)
        configuration.callers.limits = limits
        configuration.callers.trustedPeers = [IPNetwork("10.0.0.0/8")].compactMap { $0 }
        var all: HTTPHeaders = ["authorization": "Bearer caller", "x-own": "kept", "x-tenant": "blue"]
        all.add(contentsOf: headers)
        return GuardSession(
            head: HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: all),
            client: ClientInfo(address: address, requestID: "r1", isTLS: true),
            policy: PolicyInForce(
                GuardPipeline(
                    policy: policy,
                    rules: try RuleSet(policy.rules),
                    classifier: classifier,
                    writer: writer
                ),
                candidate: try candidate.map { CandidateJudge(policy: $0, rules: try RuleSet($0.rules)) }
            ),
            environment: other?.environment
                ?? .init(
                    configuration: configuration,
                    audit: sink,
                    metrics: GatewayMetrics(),
                    // However busy the machine is, whoever waits for an answer hears its end.
                    passing: PassingAnswers(patience: .seconds(60))
                )
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

    @Test(arguments: ["application/x-www-form-urlencoded", "application/json; charset=utf-7", "text/plain"])
    func `what is forwarded is called what it is, whatever the caller called it`(type: String) async throws {
        let guarded = try session(headers: ["content-type": type])
        guard case .forward(let headers, _) = await guarded.request(body: body("hello")) else {
            Issue.record("not forwarded")
            return
        }
        #expect(headers["content-type"] == ["application/json"])
    }

    @Test func `what is passed unread keeps the name that the caller gave it`() throws {
        let type = "multipart/form-data; boundary=x"
        let passing = try session(path: "/v1/files", passesUnrecognised: true, headers: ["content-type": type])
        guard case .pass(let headers) = passing.begin() else {
            Issue.record("not passed")
            return
        }
        #expect(headers["content-type"] == [type])
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

    @Test(arguments: [("a plain word", false), ("a remark", true)])
    func `texts are recorded where a category was found, and not where it could not be judged`(
        words: String,
        isFound: Bool
    ) async throws {
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let policy = Policy(name: "test", input: judged, rules: Self.rules)
        let session = try session(policy: policy, content: .found([.hate]))
        _ = await session.request(body: body(words))
        session.finish(ExchangeSummary(status: 503))
        let record = try #require(sink.records.first)
        #expect(record.input?.categories == [.hate])
        #expect(record.content?.input == (isFound ? [words] : nil))
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

    /// An exchange of `/v1/completions` whose answers are judged.
    private func completing(_ listener: Listener, _ members: String) async throws -> GuardSession {
        let weapons = CategoryPolicy(threshold: 0.5, action: .block)
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let policy = Policy(name: "test", output: PhasePolicy(categories: [.weapons: weapons]), stream: patient)
        let session = try session(path: "/v1/completions", policy: policy, classifier: listener)
        _ = await session.request(body: ByteBuffer(string: #"{"model":"m"\#(members)}"#))
        return session
    }

    @Test func `a completion is judged behind the prompt that it goes on from`() async throws {
        let listener = Listener()
        let session = try await completing(listener, #","prompt":["one two","three four"],"n":2"#)
        let choices = [(3, "last words"), (0, "first words"), (4, "more words")].map { index, text in
            #"{"index":\#(index),"text":"\#(text)","logprobs":null,"finish_reason":"stop"}"#
        }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        let answer = ByteBuffer(string: #"{"choices":[\#(choices.joined(separator: ","))]}"#)
        _ = await session.response(head: head, body: answer)
        func query(_ text: String) -> [String]? {
            listener.asked.first { $0.text == text }?.context.map(\.text)
        }
        #expect(query("last words") == ["three four"])
        #expect(query("first words") == ["one two"])
        // Nobody asked for so many.
        #expect(query("more words") == ["one two\nthree four"])
    }

    @Test func `a completion that streams is judged behind the prompt that it goes on from`() async throws {
        let listener = Listener()
        let session = try await completing(listener, #","prompt":["one two","three four"],"stream":true"#)
        let event =
            #"{"id":"c","object":"text_completion","created":1,"model":"m","#
            + #""choices":[{"index":1,"text":"\#(Self.soup)","logprobs":null,"finish_reason":"stop"}]}"#
        let heard = try await heard(of: Array("data: \(event)\n\ndata: [DONE]\n\n".utf8), in: session)
        #expect(heard.contains("Soup") && listener.asked.count > 1)
        #expect(listener.asked.allSatisfy { $0.context.map(\.text) == ["three four"] })
    }

    @Test func `the response to a blocked completion is about the prompt that it goes on from`() async throws {
        let session = try session(path: "/v1/completions", writer: Echo())
        _ = await session.request(body: ByteBuffer(string: #"{"model":"m","prompt":["one two","three four"]}"#))
        let choices = [(0, "first words"), (1, "forbidden words")].map { index, text in
            #"{"index":\#(index),"text":"\#(text)","logprobs":null,"finish_reason":"stop"}"#
        }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        let answer = ByteBuffer(string: #"{"choices":[\#(choices.joined(separator: ","))]}"#)
        guard case .reply(let reply) = await session.response(head: head, body: answer) else {
            Issue.record("not blocked")
            return
        }
        #expect(try await text(reply).contains("About three four."))
    }

    @Test(arguments: ["", soup])
    func `the response to a completion that streams is about its own prompt`(start: String) async throws {
        let session = try session(path: "/v1/completions", writer: Echo())
        let request = #"{"model":"m","prompt":["one two","three four"],"stream":true}"#
        _ = await session.request(body: ByteBuffer(string: request))
        let event =
            #"{"id":"c","object":"text_completion","created":1,"model":"m","#
            + #""choices":[{"index":1,"text":"\#(start)A forbidden thing.","logprobs":null,"finish_reason":"stop"}]}"#
        let heard = try await heard(of: Array("data: \(event)\n\ndata: [DONE]\n\n".utf8), in: session)
        let said = heard.split(separator: "\n").compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.dropFirst("data: ".count).utf8))
            let choices = (object as? [String: Any])?["choices"] as? [[String: Any]]
            return choices?.first?["text"] as? String
        }
        #expect(said.joined().contains("About three four."))
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

    /// An upstream's error that quotes what the LLM said.
    private static let quoting = #"{"error":{"message":"error parsing tool call: raw='a forbidden thing'"}}"#

    @Test(arguments: streamed, [true, false])
    func `what an upstream's error quotes is judged as an answer is`(
        exchange: (path: String, body: String),
        isStream: Bool
    ) async throws {
        let session = try session(path: exchange.path)
        let dialect = try #require(session.dialect)
        _ = await session.request(body: ByteBuffer(string: exchange.body))
        var head = HTTPResponseHead(
            version: .http1_1,
            status: .internalServerError,
            headers: ["content-type": isStream ? dialect.streamType : "application/json"]
        )
        guard case .hold = session.responseHead(&head) else {
            Issue.record("not held")
            return
        }
        guard case .reply(let reply) = await session.response(head: head, body: ByteBuffer(string: Self.quoting)) else {
            Issue.record("not blocked")
            return
        }
        #expect(reply.headers["x-guardian-decision"] == ["block"])
        var reader = dialect.stream()
        try reader.read(try await text(reply).utf8)
        #expect(reader.answer.segments.map(\.text) == ["About weapons."])
    }

    @Test(
        arguments: [400, 401, 429, 500, 503],
        [#"{ "error": {"message": "Not now."}, "usage": {"prompt_tokens": 9, "completion_tokens": 1} } "#, ""]
    )
    func `a harmless error of the upstream reaches the caller as it came`(status: Int, said: String) async throws {
        let session = try session()
        _ = await session.request(body: body("hello", stream: true))
        var head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: status),
            headers: ["content-type": "application/json", "retry-after": "7"]
        )
        guard case .hold = session.responseHead(&head),
            case .forward(let told, let bytes) = await session.response(head: head, body: ByteBuffer(string: said))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(told.status == head.status)
        #expect(told.headers["retry-after"] == ["7"] && told.headers["x-guardian-decision"] == ["allow"])
        #expect(String(buffer: bytes) == said)
        // It is no answer: nothing of it counts as one.
        #expect(session.state.withLock { $0.usage == nil && $0.wordBytes == nil })
    }

    @Test func `an error of the upstream is redacted and keeps its status`() async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .badGateway)
        _ = session.responseHead(&head)
        let said = ByteBuffer(string: #"{"error":{"message":"raw='by bluebird'"}}"#)
        guard case .forward(let told, let bytes) = await session.response(head: head, body: said) else {
            Issue.record("not forwarded")
            return
        }
        #expect(told.status == .badGateway && told.headers["x-guardian-decision"] == ["rewrite"])
        #expect(String(buffer: bytes) == #"{"error":{"message":"raw='by [name]'"}}"#)
    }

    /// What Google sends where the caller asked for a stream that is no event stream.
    @Test(arguments: ["[{\"error\":{\"message\":\"Not now.\"}}\n]\n", #" [ {"error": {"message": "Not now."}} ]"#])
    func `a harmless error in a list reaches the caller as it came`(said: String) async throws {
        let session = try session(path: "/v1beta/models/m:streamGenerateContent")
        _ = await session.request(body: ByteBuffer(string: #"{"contents":[{"parts":[{"text":"hello"}]}]}"#))
        var head = HTTPResponseHead(version: .http1_1, status: .tooManyRequests, headers: ["retry-after": "7"])
        _ = session.responseHead(&head)
        guard case .forward(let told, let bytes) = await session.response(head: head, body: ByteBuffer(string: said))
        else {
            Issue.record("not forwarded")
            return
        }
        #expect(told.status == .tooManyRequests && told.headers["retry-after"] == ["7"])
        #expect(String(buffer: bytes) == said)
    }

    @Test(arguments: [("bluebird", false), ("a forbidden thing", true)])
    func `an error in a list is judged, and stays in it`(quoted: String, isBlocked: Bool) async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .badGateway)
        _ = session.responseHead(&head)
        let said = ByteBuffer(string: #"[ {"error":{"message":"raw='by \#(quoted)'"}} ]"#)
        switch await session.response(head: head, body: said) {
        case .forward(let told, let bytes):
            #expect(!isBlocked && told.status == .badGateway && told.headers["x-guardian-decision"] == ["rewrite"])
            #expect(String(buffer: bytes) == #"[{"error":{"message":"raw='by [name]'"}}]"#)
        case .reply(let reply):
            #expect(isBlocked && reply.headers["x-guardian-decision"] == ["block"])
        }
    }

    @Test(arguments: [
        "<html>a forbidden thing</html>", #"{"error":"a forbidden thing","error":1}"#, "[]", "[",
        #"[{"error":"a forbidden thing"},{}]"#, #"["a forbidden thing"]"#,
    ])
    func `an error that cannot be read keeps its status and head, and none of its words`(said: String) async throws {
        let session = try session()
        _ = await session.request(body: body("hello", stream: true))
        var head = HTTPResponseHead(
            version: .http1_1,
            status: .serviceUnavailable,
            headers: ["content-type": "text/html", "retry-after": "7"]
        )
        _ = session.responseHead(&head)
        guard case .reply(let told) = await session.response(head: head, body: ByteBuffer(string: said)) else {
            Issue.record("passed on")
            return
        }
        #expect(told.status == .serviceUnavailable)
        #expect(told.headers["retry-after"] == ["7"] && told.headers["content-type"] == ["application/json"])
        let text = try await text(told)
        #expect(text.contains(#""code":"upstream_error_unreadable""#) && !text.contains("forbidden"))
    }

    @Test(arguments: streamed, ["upstream_encoded_response", "upstream_response_too_large"])
    func `an error that is packed or too long keeps its status and head`(
        exchange: (path: String, body: String),
        code: String
    ) async throws {
        let session = try session(path: exchange.path)
        _ = await session.request(body: ByteBuffer(string: exchange.body))
        var head = HTTPResponseHead(
            version: .http1_1,
            status: .tooManyRequests,
            headers: ["content-type": "text/html", "content-encoding": "gzip", "retry-after": "7"]
        )
        guard case .hold = session.responseHead(&head) else {
            Issue.record("not held")
            return
        }
        let told = try #require(session.reply(to: ProxyError(502, code, fault: .upstream, "It cannot be held.")))
        #expect(told.status == .tooManyRequests)
        #expect(told.headers["retry-after"] == ["7"] && told.headers["content-type"] == ["application/json"])
        #expect(told.headers["content-encoding"] == [] && told.headers["x-guardian-decision"] == ["allow"])
        #expect(try await text(told).contains("The upstream answered with status 429."))
    }

    @Test(arguments: [
        (HTTPResponseStatus.ok, "upstream_encoded_response"), (.tooManyRequests, "upstream_idle_timeout"),
    ])
    func `an answer that cannot be held, and an error that does not come, are the upstream's fault`(
        status: HTTPResponseStatus,
        code: String
    ) async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: status, headers: ["content-type": "application/json"])
        _ = session.responseHead(&head)
        let told = try #require(session.reply(to: ProxyError(502, code, fault: .upstream, "It cannot be had.")))
        #expect(told.status == .badGateway)
        #expect(try await text(told).contains(code))
    }

    @Test(arguments: [(Action.block, 503), (.log, 429)])
    func `an error of the upstream that cannot be judged is what the policy makes of such answers`(
        action: Action,
        status: Int
    ) async throws {
        let output = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: action)])
        let session = try session(policy: Policy(name: "test", output: output))
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .tooManyRequests)
        _ = session.responseHead(&head)
        switch await session.response(head: head, body: ByteBuffer(string: #"{"error":{"message":"Not now."}}"#)) {
        case .forward(let told, _): #expect(Int(told.status.code) == status)
        case .reply(let reply):
            #expect(Int(reply.status.code) == status)
            #expect(try await text(reply).contains("guard_unavailable"))
        }
    }

    @Test func `an error of the upstream passes where no answer is judged`() async throws {
        let session = try session(policy: Policy(name: "test"))
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .tooManyRequests)
        guard case .pass = session.responseHead(&head) else {
            Issue.record("not passed")
            return
        }
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/embeddings"], [HTTPResponseStatus.found, .permanentRedirect])
    func `a redirect leads nobody around the gateway with a request that is read`(
        path: String,
        status: HTTPResponseStatus
    ) throws {
        let session = try session(path: path)
        let fields: HTTPHeaders = [
            "location": "http://127.0.0.1:1\(path)", "content-location": path, "refresh": "0; url=\(path)",
            "x-own": "kept",
        ]
        var head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        guard case .pass = session.responseHead(&head) else {
            Issue.record("not passed")
            return
        }
        #expect(head.status == status)
        for name in ["location", "content-location", "refresh"] { #expect(head.headers[name].isEmpty, "\(name)") }
        #expect(head.headers["x-own"] == ["kept"])
    }

    @Test(arguments: [
        ("http://127.0.0.1:1/v1/files/a?b=c", "/v1/files/a?b=c"), ("//127.0.0.1:1/x", "/x"),
        ("HTTP://me@127.0.0.1:1", "/"), ("http://127.0.0.1:1?b", "/?b"),
        ("http://127.0.0.1:1//files.example/", "/.//files.example/"), ("/x//y", "/x//y"),
        ("http://127.0.0.1:2/x", "http://127.0.0.1:2/x"), ("https://files.example/x", "https://files.example/x"),
    ])
    func `a location at the upstream is one at the gateway where nothing is read`(
        location: String,
        expected: String
    ) throws {
        let session = try session(path: "/v1/files", method: .GET, passesUnrecognised: true)
        var head = HTTPResponseHead(version: .http1_1, status: .seeOther, headers: ["location": location])
        _ = session.responseHead(&head)
        #expect(head.headers["location"] == [expected])
    }

    @Test func `shadow mode passes an error of the upstream and records what it would have done`() async throws {
        let session = try session(policy: Policy(name: "test", mode: .shadow, rules: Self.rules))
        _ = await session.request(body: body("hello"))
        var head = HTTPResponseHead(version: .http1_1, status: .internalServerError)
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        session.observe(ByteBuffer(string: Self.quoting))
        session.finish(ExchangeSummary(status: 500))
        for _ in 0..<3000 where sink.records.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try #require(sink.records.first).output?.action == .block)
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
    func `what finds no room to be judged beside its exchange goes unread`(hasRoom: Bool) async throws {
        let session = try session(
            policy: Policy(name: "test", mode: .shadow, rules: Self.rules),
            bufferedBytes: hasRoom ? 1 << 20 : 0
        )
        guard case .forward = await session.request(body: body("forbidden")) else {
            Issue.record("not forwarded")
            return
        }
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        session.observe(answer("a remark"))
        session.finish(ExchangeSummary(status: 200, requestBytes: 500, responseBytes: 1000))
        for _ in 0..<500 where session.environment.pendingRecords.count > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let record = try #require(sink.records.first)
        #expect((record.input != nil) == hasRoom && (record.output != nil) == hasRoom)
        let counts = session.environment.metrics.registry.exposition()
        #expect(counts.contains("guardian_unscanned_bytes_total{phase=\"input\"} 500\n") != hasRoom)
        #expect(counts.contains("guardian_unscanned_bytes_total{phase=\"output\"} 1000\n") != hasRoom)
        // All of it was given back.
        #expect(session.environment.judgingRoom.take((512 << 10) - (64 << 10)) == hasRoom)
    }

    @Test(arguments: [(1, true), (80, false)])
    func `what came packed takes room for a candidate by what it is, and what finds none is counted`(
        kibibytes: Int,
        hasRoom: Bool
    ) async throws {
        let session = try session(candidate: Policy(name: "next", rules: Self.rules), bufferedBytes: 256 << 10)
        _ = await session.request(body: body(String(repeating: "word ", count: kibibytes * 205)))
        session.finish(ExchangeSummary(status: 200, requestBytes: 100))
        for _ in 0..<3000 where session.environment.pendingRecords.count > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let record = try #require(sink.records.first)
        #expect((record.candidate?.input != nil) == hasRoom && record.input != nil)
        let counts = session.environment.metrics.registry.exposition()
        let series = "guardian_candidate_decisions_total{phase=\"input\",live=\"allow\",candidate="
        #expect(counts.contains("\(series)\"\(hasRoom ? "allow" : "unjudged")\"} 1\n"))
        #expect(counts.ranges(of: "guardian_candidate_decisions_total{").count == 1)
        // All of it was given back.
        #expect(session.environment.judgingRoom.take(64 << 10))
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

    /// An exchange of `/v1/responses` whose answer passes: nothing of answers is judged.
    private func turn(
        _ words: String,
        _ member: String = "",
        listener: Listener = Listener(),
        beside other: GuardSession? = nil
    ) throws -> (session: GuardSession, body: ByteBuffer) {
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let policy = Policy(name: "test", input: judged)
        let session = try session(path: "/v1/responses", policy: policy, classifier: listener, beside: other)
        return (session, ByteBuffer(string: #"{"model":"m","input":"\#(words)"\#(member)}"#))
    }

    /// What a caller has of an answer before its end is seen here.
    private func response(_ name: String, _ words: String) -> ByteBuffer {
        ByteBuffer(
            string: #"{"id":"\#(name)","output":[{"type":"message","role":"assistant","content":"#
                + #"[{"type":"output_text","text":"\#(words)"}]}]}"#
        )
    }

    /// Has the answer pass, but for its end.
    private func pass(_ answer: ByteBuffer, in session: GuardSession, type: String = "application/json") {
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": type])
        guard case .observe = session.responseHead(&head) else {
            Issue.record("not observed")
            return
        }
        session.observe(answer)
    }

    @Test(arguments: [#","previous_response_id":"resp_1""#, #","conversation":"conv_1""#])
    func `a turn that comes before the answer in front of it was read is judged behind it`(
        member: String
    ) async throws {
        let listener = Listener()
        let isOngoing = member.contains("conversation")
        let (first, hello) = try turn("hello", isOngoing ? member : "", listener: listener)
        _ = await first.request(body: hello)
        pass(response("resp_1", "hi"), in: first)
        let (second, goOn) = try turn("and then?", member, listener: listener, beside: first)
        let next = Task { await second.request(body: goOn) }
        try await Task.sleep(for: .milliseconds(50))
        first.finish(ExchangeSummary(status: 200))
        guard case .forward = await next.value else {
            Issue.record("not forwarded")
            return
        }
        let judged = listener.asked.filter { $0.text == "and then?" }.map { $0.context.map(\.text) }
        #expect(judged.contains(["hello", "hi"]))
    }

    @Test(arguments: [#","previous_response_id":"resp_1""#, #","conversation":"conv_1""#])
    func `a turn behind a judged stream that its caller has left is judged behind what was read of it`(
        member: String
    ) async throws {
        let listener = Listener()
        let isOngoing = member.contains("conversation")
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let patient = StreamPolicy(holdBack: HoldBack(delay: .seconds(3600)))
        let policy = Policy(name: "test", input: judged, output: judged, stream: patient)
        let first = try session(path: "/v1/responses", policy: policy, classifier: listener)
        let hello = #"{"model":"m","input":"hello","stream":true\#(isOngoing ? member : "")}"#
        _ = await first.request(body: ByteBuffer(string: hello))
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        guard case .window = first.responseHead(&head) else {
            Issue.record("not read on its way")
            return
        }
        let (chunks, upstream) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        defer { upstream.finish() }
        let events = [
            #"{"type":"response.created","response":{"id":"resp_1","object":"response","model":"m","output":[]}}"#,
            #"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}"#,
            #"{"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
            #"{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"\#(Self.soup)"}"#,
        ]
        upstream.yield(ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()))
        guard case .reply(let reply) = await first.response(head: head, chunks: chunks),
            case .stream(let answer) = reply.body
        else {
            Issue.record("no stream")
            return
        }
        let (heard, ear) = AsyncStream<Void>.makeStream()
        let hearing = Task {
            for try await _ in answer { ear.yield() }
        }
        for await _ in heard { break }
        let passing = first.environment.passing
        #expect(try isAwaited("resp_1", beside: first))
        #expect(passing.count == (isOngoing ? 2 : 1))
        let second = try session(path: "/v1/responses", policy: policy, classifier: listener, beside: first)
        let goOn = ByteBuffer(string: #"{"model":"m","input":"and then?"\#(member)}"#)
        let next = Task { await second.request(body: goOn) }
        hearing.cancel()
        first.finish(ExchangeSummary(status: 200, fault: .client, error: "client_went_away"))
        guard case .forward = await next.value else {
            Issue.record("not forwarded")
            return
        }
        let behind = listener.asked.filter { $0.text == "and then?" }.map { $0.context.map(\.text).joined() }
        #expect(behind.contains { $0.contains("made of water and time") })
        for _ in 0..<3000 where passing.count > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(passing.count == 0)
        let account = try first.identity.get().account
        let known = first.environment.ledger.entry(isOngoing ? "conv_1" : "resp_1", of: account)
        #expect(known?.turns.map(\.text) == ["hello", Self.soup])
    }

    /// Whether whoever goes on from an answer of this name waits until one that passes was read.
    private func isAwaited(_ name: String, beside session: GuardSession) throws -> Bool {
        let account = try session.identity.get().account
        return session.environment.passing.leads(to: .init(account: account, name: name, isOngoing: false))
    }

    @Test(arguments: [
        ("application/json", #"{"previous_response_id":"resp_0","output":[],"#, #""id":"resp_1"}"#),
        (
            "text/event-stream", #"data: {"type":"response.created","response":{"previous_response_id":"resp_0","#,
            #""id":"resp_1","output":[]}}"# + "\n\n"
        ),
    ])
    func `an answer is waited for by its own name, and by none that it holds`(
        type: String,
        first: String,
        second: String
    ) async throws {
        let (session, body) = try turn("hello", #","previous_response_id":"resp_0""#)
        _ = await session.request(body: body)
        pass(ByteBuffer(string: first), in: session, type: type)
        session.observe(ByteBuffer(string: second))
        #expect(try isAwaited("resp_1", beside: session))
        #expect(try !isAwaited("resp_0", beside: session))
    }

    @Test func `nobody waits for a name that is too long to be known`() async throws {
        let name = String(repeating: "a", count: ConversationLedger.Limits().nameBytes + 1)
        let (session, body) = try turn("hello", #","conversation":"\#(name)""#)
        _ = await session.request(body: body)
        pass(response(name, "hi"), in: session)
        #expect(session.environment.passing.count == 0)
    }

    @Test func `what goes on from earlier turns is not judged on the event loop`() async throws {
        let model = Located()
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let policy = Policy(name: "test", input: judged)
        let (known, _) = try turn("hello")
        let account = try known.identity.get().account
        let entry = ConversationLedger.Entry(turns: [.init(role: .user, text: "hello")], storedAs: "resp_1")
        known.environment.ledger.record(entry, as: "resp_1", of: account)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for member in ["", #","previous_response_id":"resp_1""#] {
            let session = try session(path: "/v1/responses", policy: policy, classifier: model, beside: known)
            let body = ByteBuffer(string: #"{"model":"m","input":"and then?"\#(member)}"#)
            let deciding = try await loop.submit { Task.immediate { _ = await session.request(body: body) } }.get()
            await deciding.value
        }
        #expect(model.onLoop == [true, false])
    }

    @Test func `turns of a conversation that overlap are both remembered`() async throws {
        let member = #","conversation":"conv_1""#
        let (first, one) = try turn("one", member)
        let (second, two) = try turn("two", member, beside: first)
        for (session, body) in [(first, one), (second, two)] { _ = await session.request(body: body) }
        pass(response("resp_1", "first"), in: first)
        pass(response("resp_2", "second"), in: second)
        let account = try first.identity.get().account
        let ledger = first.environment.ledger
        for (session, name) in [(second, "resp_2"), (first, "resp_1")] {
            session.finish(ExchangeSummary(status: 200))
            for _ in 0..<3000 where ledger.entry(name, of: account) == nil {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        #expect(ledger.entry("conv_1", of: account)?.turns.map(\.text) == ["two", "second", "one", "first"])
    }

    @Test(arguments: ["read", "too long", "empty", "an error"])
    func `nobody waits for an answer that was read or never will be`(fate: String) async throws {
        let (session, body) = try turn("hello")
        _ = await session.request(body: body)
        let passing = session.environment.passing
        switch fate {
        case "empty": pass(ByteBuffer(), in: session)
        case "an error":
            var head = HTTPResponseHead(version: .http1_1, status: .notFound)
            _ = session.responseHead(&head)
            session.observe(response("resp_1", "hi"))
            #expect(try !isAwaited("resp_1", beside: session))
        default:
            pass(response("resp_1", "hi"), in: session)
            #expect(try isAwaited("resp_1", beside: session))
            for name in ["resp_2", ""] { #expect(try !isAwaited(name, beside: session)) }
            if fate == "too long" {
                session.stopObserving()
                #expect(try !isAwaited("resp_1", beside: session))
            }
        }
        session.finish(ExchangeSummary(status: 200))
        for _ in 0..<3000 where passing.count > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(passing.count == 0)
        // What its stream still says on its way to the end is nothing new.
        session.observe(response("resp_1", "hi"))
        #expect(passing.count == 0)
    }

    @Test func `nothing is done for a caller who left before its turn came`() async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let listener = Listener()
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let policy = Policy(name: "test", input: judged, output: judged, rules: Self.rules)
        let session = try session(policy: policy, classifier: listener, limits: limits)
        let (request, response) = (body("a forbidden thing"), answer("a forbidden thing"))
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = await session.request(body: request)
            _ = await session.response(head: head, body: response)
        }
        late.cancel()
        await late.value
        let isUntouched = session.state.withLock { state in
            state.request == nil && state.takenTokens == nil && state.input == nil && state.output == nil
        }
        #expect(isUntouched)
        #expect(listener.asked.isEmpty)
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

    @Test(arguments: [("application/octet-stream", true), ("text/plain", false), ("application/json", false)])
    func `a file on a path that is not read takes no tokens`(type: String, isFile: Bool) throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(path: "/v1/files/a", method: .GET, passesUnrecognised: true, limits: limits)
        _ = session.begin()
        var head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": type])
        _ = session.responseHead(&head)
        session.finish(ExchangeSummary(status: 200, responseBytes: 400_000))
        #expect(try (remainingTokens(session, limits) > 1900) == isFile)
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

    @Test func `a stream that breaks off takes the tokens of the words that went out`() async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(limits: limits)
        let words = "\(Self.soup)Of bluebird it is. \(Self.soup)"
        let (_, upstream) = try await beginning(of: words, in: session, upTo: "[name]")
        defer { upstream.finish() }
        session.finish(
            ExchangeSummary(status: 200, fault: .client, error: "client_went_away", responseBytes: 400_000)
        )
        // All that stands before what was heard, at four bytes a token, and at the most all of it.
        let taken = Self.soup.utf8.count / 4...(words.utf8.count + 200) / 4
        #expect(try taken.contains(2000 - remainingTokens(session, limits)))
    }

    @Test func `an error takes no tokens of its own`() async throws {
        let limits = CallerLimits(tokensPerMinute: 2000)
        let session = try session(limits: limits)
        _ = await session.request(body: body("hello"))
        session.finish(
            ExchangeSummary(status: 502, fault: .upstream, error: "upstream_refused", responseBytes: 400_000)
        )
        #expect(try remainingTokens(session, limits) > 1900)
    }

    @Test(arguments: [
        ("client_went_away", AuditRecord.Outcome.abandoned), ("client_write_timeout", .abandoned),
        ("request_body_timeout", .refused),
    ])
    func `a caller who leaves an answer that has begun has abandoned it`(
        error: String,
        outcome: AuditRecord.Outcome
    ) async throws {
        let session = try session()
        _ = await session.request(body: body("hello"))
        session.finish(ExchangeSummary(status: 200, fault: .client, error: error))
        #expect(try #require(sink.records.first).outcome == outcome)
    }

    @Test(arguments: Phase.allCases)
    func `a caller who leaves while judged is no failure of the model, and no block`(phase: Phase) async throws {
        let judged = PhasePolicy(categories: [.weapons: CategoryPolicy(threshold: 0.5, action: .block)])
        var policy = Policy(name: "test", rules: Self.rules)
        if phase == .input { policy.input = judged } else { policy.output = judged }
        let model = Endless()
        let session = try session(policy: policy, classifier: model)
        let (request, response) = (body("hello, a remark"), answer("hello, a remark"))
        let deciding = Task {
            _ = await session.request(body: request)
            guard phase == .output else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "application/json"])
            _ = await session.response(head: head, body: response)
        }
        for _ in 0..<3000 where !model.isAsked { try await Task.sleep(for: .milliseconds(10)) }
        deciding.cancel()
        await deciding.value
        session.finish(ExchangeSummary(status: 499, fault: .client, error: "client_went_away"))
        let record = try #require(sink.records.first)
        #expect(record.outcome == .abandoned)
        // What a rule found in no time is recorded all the same.
        let found = try #require(phase == .input ? record.input : record.output)
        #expect(found.action == .log && found.failure == nil)
        #expect(found.findings.map(\.category) == [.hate])
        let counts = session.environment.metrics.registry.exposition()
        #expect(counts.contains("guardian_decisions_total{phase=\"\(phase)\",action=\"log\",mode=\"enforce\"} 1\n"))
        #expect(!counts.contains("guardian_decisions_total{phase=\"\(phase)\",action=\"block\""))
        #expect(!counts.contains("guardian_model_failures_total{"))
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

    @Test(arguments: [true, false])
    func `a stream is held until all of it was judged where rules may add up to a block`(mayAddUp: Bool) async throws {
        let rules = [("one", "remark", Severity.warning), ("two", "badger", .notice)].map { id, word, severity in
            Rule(id: id, category: .hate, matchers: [.keyword(word)], action: .log, severity: severity)
        }
        let anomaly = AnomalyPolicy(threshold: 5, action: mayAddUp ? .block : .log)
        let policy = Policy(name: "test", output: PhasePolicy(anomaly: anomaly), rules: rules + Self.rules)
        let session = try session(policy: policy)
        _ = await session.request(body: body("hello", stream: true))
        // No window shows both.
        let heard = try await heard(of: saying("A remark. \(Self.soup)A badger. \(Self.soup)"), in: session)
        #expect(heard.contains("Soup") == !mayAddUp && heard.contains("content_filter") == mayAddUp)
        session.finish(ExchangeSummary(status: 200))
        #expect(try #require(sink.records.first).output?.action == anomaly.action)
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
            "/v1/responses",
            [
                #"{"type":"response.created","response":{"id":"r","object":"response","status":"in_progress","error":null,"model":"m","output":[]}}"#,
                #"{"type":"error","sequence_number":1,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"No credit.","param":null}}"#,
                #"{"type":"response.failed","response":{"id":"r","object":"response","status":"failed","error":{"code":"insufficient_quota","message":"No credit."},"model":"m","output":[]}}"#,
            ],
            ["response.created", #""id":"r""#, #""error":null"#],
            ["event: error\n", "event: response.failed\n", #""status":"failed""#]
        ),
        (
            "/v1/messages",
            [#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded."}}"#],
            ["event: error\n", "overloaded_error"],
            ["Overloaded."]
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
        #expect(record.output?.scores?.categories[.hate] == 0.9)
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

    @Test(arguments: [("", "upstream_closed_early"), ("data: {]\n\n", "upstream_bad_response")])
    func `a stream that its upstream spoils is cut, and that is the upstream's fault`(
        rest: String,
        code: String
    ) async throws {
        let session = try session()
        _ = await session.request(body: body("hello", stream: true))
        let (chunks, upstream) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let writer = ChatCompletionWriter(id: "c", created: 1, model: "m")
        upstream.yield(ByteBuffer(bytes: writer.start() + writer.piece(Self.soup)))
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
        guard case .reply(let reply) = await session.response(head: head, chunks: chunks) else {
            Issue.record("no stream")
            return
        }
        upstream.yield(ByteBuffer(string: rest))
        upstream.finish()
        do {
            _ = try await text(reply)
            Issue.record("not cut")
        } catch let error as ProxyError {
            #expect(error.code == code && error.fault == .upstream && error.status == 502)
        }
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

    @Test(arguments: [
        ("/v1/models", true, "x-api-key"), ("/v1/models/m?beta=true", true, "x-api-key"),
        ("/v1/models", false, "authorization"), ("/v1/models/m", false, "authorization"),
        ("/v1beta/models", false, "x-goog-api-key"),
    ])
    func `a bare key goes where the API of the list of models looks for it`(
        path: String,
        namesVersion: Bool,
        field: String
    ) throws {
        let version: HTTPHeaders = namesVersion ? ["anthropic-version": "2023-06-01", "x-api-key": "caller"] : [:]
        let session = try session(path: path, method: .GET, credential: "upstream", headers: version)
        guard case .pass(let headers) = session.begin() else {
            Issue.record("not passed")
            return
        }
        for name in ErrorForm.allCases.map(\.credentialField) {
            #expect(headers[name] == (name == field ? ["upstream"] : []))
        }
    }

    /// The body of the reply to a request that is refused from its head; nil if it is not.
    private func refusal(_ session: GuardSession) async throws -> String? {
        guard case .reply(let reply) = session.begin() else { return nil }
        #expect(reply.status == .badRequest)
        return try await text(reply)
    }

    @Test(arguments: [("Bearer upstream", true), (nil, false)] as [(String?, Bool)])
    func `a key in the address is refused where another one goes to the upstream`(
        credential: String?,
        isRefused: Bool
    ) async throws {
        let path = "/v1beta/models/m:generateContent?key=made-up"
        let words = try await refusal(try session(path: path, credential: credential))
        #expect(words?.contains("x-goog-api-key") == (isRefused ? true : nil))
    }

    @Test func `a request that names two tenants is refused, and is nobody's`() async throws {
        #expect(try session().tenant == "blue")
        let named = try session(headers: ["x-tenant": "red"])
        #expect(named.tenant == nil)
        #expect(try await refusal(named)?.contains("duplicate_header") == true)
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

    @Test func `all inputs of a moderation have the time of one`() async throws {
        let model = Punctual()
        let judged = PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)])
        let session = try session(
            path: "/v1/moderations",
            policy: Policy(name: "test", input: judged),
            classifier: model
        )
        _ = await session.request(body: ByteBuffer(string: #"{"input":["one","two","three"]}"#))
        #expect(model.deadlines.count == 3 && Set(model.deadlines).count == 1)
        #expect(!model.deadlines.contains(nil))
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
        let own = try #require(try session().reply(to: error))
        #expect(try await text(own).contains(#""code":"body_too_large""#))
    }

    @Test(arguments: streamed)
    func `an error of the proxy says what any reply says in its head`(
        exchange: (path: String, body: String)
    ) async throws {
        let session = try session(path: exchange.path, limits: CallerLimits(requestsPerMinute: 10))
        _ = await session.request(body: ByteBuffer(string: exchange.body.replacing("hello", with: "a remark")))
        let full = try #require(session.reply(to: ProxyError(503, "too_much_buffered", fault: .proxy, "Full.")))
        #expect(full.headers["retry-after"] == ["1"])
        #expect(full.headers["x-guardian-decision"] == ["log"])
        #expect(full.headers["x-guardian-categories"] == ["hate"])
        if exchange.path == "/v1/messages" {
            #expect(full.headers["anthropic-ratelimit-requests-limit"] == ["10"])
        }
        let packed = try #require(session.reply(to: ProxyError(415, "unsupported_content_encoding", "As gzip.")))
        #expect(packed.headers["accept-encoding"] == ["gzip"])
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
