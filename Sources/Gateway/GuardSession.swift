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
import Synchronization

/// One exchange of a guarded listener, phase by phase: route, dialect, segments, guard, then reply, edit or forward; the
/// same for the answer; the audit record last, whatever happened.
final class GuardSession: FilterSession {
    let head: HTTPRequestHead
    let client: ClientInfo
    let policy: PolicyInForce
    let environment: GuardFilter.Environment
    let endpoint: Endpoint?
    /// How the exchange is read and written; nil if it is not read.
    let dialect: (any Dialect)?
    let errors: ErrorForm
    /// Who asks, or why nobody may.
    let identity: Result<CallerIdentity, ChatAPIError>
    let time = AuditTime.now()
    /// nil where nothing is traced.
    let trace: ExchangeTrace?

    /// What is known so far. The proxy calls one method at a time, but from different threads.
    struct State {
        var request: (any DialectRequest)?
        /// Bytes of the request's body as it is read: it may have come packed.
        var bodyBytes = 0
        var input: Inspection?
        var output: Inspection?
        /// Strings of the body that the dialect cannot read, or that nobody judged, per phase, and their bytes.
        var unreadable: [Phase: Int] = [:]
        var unreadableBytes: [Phase: Int] = [:]
        /// Phases whose body went by unread as a whole.
        var passed: Set<Phase> = []
        var response: AuditRecord.ResponseRecord?
        var generatedTokens: Int?
        var usage: TokenUsage?
        /// Bytes of the words in the answer, the upstream's and our own; nil as long as nobody has read or written any.
        var wordBytes: Int?
        /// In shadow mode, the judging that goes on beside the exchange.
        var background: Task<Inspection, Never>?
        /// What came of judging the request in shadow mode, as soon as it is known.
        var trial: Inspection?
        /// The answer that passes by while it is observed; nil once no more of it is, or when it was read.
        var observed: ByteBuffer? = ByteBuffer()
        var isEventStream = false
        /// What the upstream answered with, if that is an error.
        var errorHead: HTTPResponseHead?
        var isError: Bool { errorHead != nil }
        /// What the request goes on from; empty if from nothing that is known.
        var earlier = ConversationLedger.Entry()
        /// Finds the name of the answer that passes by; nil as long as nothing of it has come.
        var naming: AnswerNameReader?
        /// What requests name that wait until the answer that passes by was read.
        var passing: [PassingAnswers.Place] = []
        /// Whether the answer is judged on its way through the window: it is remembered, and no more waited for, when it has left it.
        var isInWindow = false
        /// The request as it went to the upstream; nil once it is known what came of it.
        var forwarded: (any DialectRequest)?
        /// How far the caller has come within its limits, and the tokens that were taken for this request.
        var rates: [RateStatus] = []
        var takenTokens: Int?
        var error: ChatAPIError?
        /// Whether the exchange is refused for want of room for its record.
        var isUnrecorded = false
        /// What the overrides make of the policy, as far as the request is known.
        var pipeline: GuardPipeline
        /// What is tried beside it; nil if nothing is.
        var candidate: CandidateJudge?
        var stages = ExchangeStages()
        /// What was decided about windows of a streamed answer; nil if there were none.
        var streamed: StreamedInspection?
    }

    let state: Mutex<State>

    /// What the exchange is judged by.
    var pipeline: GuardPipeline { state.withLock { $0.pipeline } }

    init(head: HTTPRequestHead, client: ClientInfo, policy: PolicyInForce, environment: GuardFilter.Environment) {
        self.head = head
        self.client = client
        self.policy = policy
        self.environment = environment
        environment.pendingRecords.begin()
        state = Mutex(State(pipeline: policy.base, candidate: policy.candidateForAll))
        trace = environment.configuration.tracing.map { ExchangeTrace(headers: head.headers, share: $0.share) }
        let endpoint = Endpoint(method: head.method.rawValue, path: head.uri)
        self.endpoint = endpoint
        let form = ErrorForm(path: head.uri, namesVersion: head.headers.contains(name: "anthropic-version"))
        errors = form
        identity = Result { () throws(ChatAPIError) in
            try environment.callers.identify(head.headers, target: head.uri, form: form, address: client.host)
        }
        dialect = if case .guarded(let dialect) = endpoint { dialect } else { nil }
        choosePolicy(model: nil)
    }

    /// Whom the request is made for: whom its key is for, or whom a peer that may say so names.
    var tenant: String? { (try? identity.get())?.caller?.tenant ?? namedTenant }

    private var namedTenant: String? {
        guard let field = environment.configuration.tenantField, let address = IPAddress(client.peer),
            environment.configuration.callers.trustedPeers.contains(where: { $0.contains(address) })
        else { return nil }
        let names = head.headers[field]
        return names.count == 1 ? names[0] : nil
    }

    /// Takes what the policy's overrides say about this request.
    func choosePolicy(model: String?) {
        guard policy.dependsOnRequest else { return }
        let path = head.uri.prefix { $0 != "?" }
        let routes = [String(path), endpoint?.name].compactMap { $0 }
        let scope = RequestScope(routes: routes, model: model, tenant: tenant)
        let (pipeline, candidate) = (policy.pipeline(for: scope), policy.candidate(for: scope))
        state.withLock {
            $0.pipeline = pipeline
            $0.candidate = candidate
        }
    }

    private var isShadow: Bool { pipeline.policy.mode == .shadow }

    /// Which of the findings that are recorded for a share of the requests are recorded for this one.
    var sampling: Sampling { Sampling(requestID: client.requestID) }

    var deadline: ContinuousClock.Instant { .now + environment.configuration.model.timeout }

    /// How much is read: no more than is let in.
    var bodyLimits: JSONLimits { JSONLimits(bytes: environment.configuration.bodyLimit) }
    var answerLimits: JSONLimits { .answer(bytes: environment.configuration.answerLimit) }

    /// What the answer is an answer to: many a reply is harmless or harmful only by its query.
    var asked: [ClassifierInput.Turn] {
        let text = state.withLock { $0.request?.lastUserText }
        return text.map { [ClassifierInput.Turn(role: .user, text: $0)] } ?? []
    }

    /// The same of the turns of an answer that go with a query of their own.
    func queries(of answer: any DialectAnswer) -> [Int: [ClassifierInput.Turn]] {
        let queries = state.withLock { $0.request?.queries(of: answer) } ?? [:]
        return queries.mapValues { [ClassifierInput.Turn(role: .user, text: $0)] }
    }

    /// What the turn of an answer that was blocked is the answer to.
    func query(of inspection: Inspection, in answer: any DialectAnswer) -> String? {
        let request = state.withLock { $0.request }
        let segments = inspection.segments
        guard let index = inspection.decision.reply?.segment, segments.indices.contains(index),
            let turn = segments[index].turn, let own = request?.queries(of: answer)[turn]
        else { return request?.lastUserText }
        return own
    }

    /// What was masked in the request, to be put back into the answer.
    var restorations: [Decision.Restoration] {
        guard let input = state.withLock({ $0.input }), input.enforcedAction == .rewrite else { return [] }
        return input.decision.restorations
    }

    /// The texts of an answer with the caller's words in place of placeholders, by place, over the edits of it.
    func restored(_ segments: [TextSegment], over replacements: [String: String]) -> [String: String] {
        let restorations = restorations
        guard !restorations.isEmpty else { return replacements }
        var result = replacements
        for segment in segments {
            let text = replacements[segment.path] ?? segment.text
            let isJSON = segment.role == .tool && holdsJSON(text, at: segment.path)
            let restored = PlaceholderRestorer.restore(text, restorations, isJSON: isJSON)
            if restored != text { result[segment.path] = restored }
        }
        return result
    }

    /// Whether what a tool is called with is JSON in a string, so that words put into it have to be escaped, and no plain text.
    private func holdsJSON(_ text: String, at path: String) -> Bool {
        let first = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return false }
        // Arguments may be cut off.
        if first == UInt8(ascii: "{"), path.hasSuffix("/arguments") { return true }
        // A placeholder, too, may begin with a bracket.
        return (try? JSONParser.parse(Array(text.utf8), limits: answerLimits)) != nil
    }

    // MARK: Request

    func begin() -> RequestStart {
        guard environment.audit.reserve() else {
            state.withLock { $0.isUnrecorded = true }
            return .reply(reply(Self.auditFull))
        }
        if let refusal = refusal() { return .reply(reply(refusal)) }
        switch endpoint {
        case .guarded, .moderations:
            return .inspect(limit: environment.configuration.bodyLimit)
        case .passed:
            noteForwarded()
            return .pass(headers: upstreamHeaders)
        case nil where environment.configuration.passesUnrecognised:
            state.withLock { $0.passed = Set(Phase.allCases) }
            noteForwarded()
            return .pass(headers: upstreamHeaders)
        case nil:
            return .reply(reply(Self.unknownPath(head)))
        }
    }

    private static let auditFull = ChatAPIError(
        status: 503,
        message:
            "The gateway cannot record this request now, and was told to serve none that it cannot record. Try again.",
        type: "server_error",
        code: "audit_full"
    )

    /// For a caller who left while what was to be decided waited for a thread: nobody hears it.
    private static let unheard = LocalReply(status: .serviceUnavailable, headers: [:], body: .bytes(ByteBuffer()))

    private static func unknownPath(_ head: HTTPRequestHead) -> ChatAPIError {
        ChatAPIError(
            status: 404,
            message: "This gateway does not serve \(head.method.rawValue) on this path. "
                + "It serves POST on \(Endpoint.guardedPaths.joined(separator: ", ")), /v1/moderations, and the lists of models.",
            type: "invalid_request_error",
            code: "unknown_url"
        )
    }

    func request(body: ByteBuffer) async -> RequestOutcome {
        guard !Task.isCancelled else { return .reply(Self.unheard) }
        state.withLock { $0.bodyBytes = body.readableBytes }
        if let refusal = takeTokens(for: body.readableBytes) { return .reply(reply(refusal)) }
        if case .moderations = endpoint { return .reply(await moderate(body)) }
        guard let dialect else { return .reply(reply(Self.unknownPath(head))) }
        var request: any DialectRequest
        do throws(ChatAPIError) {
            request = try await goingOn(try dialect.request(parsing: Array(body.readableBytesView), limits: bodyLimits))
        } catch {
            return .reply(reply(error))
        }
        state.withLock {
            $0.request = request
            $0.note(request.unscanned, in: .input)
            // What it goes on from was read when it was said.
            if !$0.earlier.turns.isEmpty { $0.unreadable[.input, default: 1] -= 1 }
        }
        choosePolicy(model: request.model)
        do throws(ChatAPIError) {
            request = try handlingMedia(of: request)
        } catch {
            return .reply(reply(error))
        }
        guard pipeline.judges(.input) else {
            state.withLock { _ = $0.passed.insert(.input) }
            return forward(request)
        }
        guard !isShadow else {
            // Shadow mode never delays: the caller's request is on its way while it is judged.
            let (pipeline, sampling, deadline, earlier) = (pipeline, sampling, deadline, earlierTurns)
            let segments = request.segments
            let (room, size) = (environment.judgingRoom, body.readableBytes)
            guard room.take(size) else {
                state.withLock { $0.leave(segments, in: .input) }
                return forward(request)
            }
            let task = Task {
                defer { room.giveBack(size) }
                let inspection = await pipeline.inspect(
                    segments,
                    phase: .input,
                    context: earlier,
                    sampling: sampling,
                    deadline: deadline
                )
                state.withLock { $0.trial = inspection }
                return inspection
            }
            state.withLock { $0.background = task }
            return forward(request)
        }

        let inspection = await pipeline.inspect(
            request.segments,
            phase: .input,
            context: earlierTurns,
            sampling: sampling,
            deadline: deadline
        )
        note(inspection)
        switch inspection.enforcedAction {
        case .block:
            return .reply(blocked(inspection, in: .input, query: nil))
        case .rewrite:
            do throws(ChatAPIError) {
                let edits = inspection.edits
                return forward(try request.editing(replacements: edits.replacements, steering: edits.steering))
            } catch {
                // The edit made the request invalid. Sending it unedited would undo the policy.
                return .reply(reply(error))
            }
        case .log, nil:
            return forward(request)
        }
    }

    /// What is sent is written from what was read: nothing can be in it that was not scanned.
    private func forward(_ request: any DialectRequest) -> RequestOutcome {
        noteForwarded()
        state.withLock { $0.forwarded = request }
        var headers = upstreamHeaders
        // Whatever the caller called it, this was written here: under another name the upstream might read it as something else.
        headers.replaceOrAdd(name: "content-type", value: "application/json")
        return .forward(headers: headers, body: ByteBuffer(bytes: request.serialized))
    }

    private func noteForwarded() { state.withLock { $0.stages.forwarded = .now } }

    /// The caller's headers for the upstream. The proxy has its own rules for framing and hop-by-hop fields.
    private var upstreamHeaders: HTTPHeaders {
        var headers = head.headers
        trace?.mark(&headers)
        // Whoever is not believed here must not be believed behind.
        if namedTenant == nil, let field = environment.configuration.tenantField { headers.remove(name: field) }
        let credential = environment.configuration.upstream.authorization
        if credential != nil || environment.callers.hasKeys {
            // A key of this gateway is nobody else's business, and a caller's own would be taken by whoever looks for it first.
            for name in ErrorForm.allCases.map(\.credentialField) { headers.remove(name: name) }
        }
        guard let credential else { return headers }
        // A bare key goes where the API looks for keys, one with a scheme in front where schemes are understood.
        let isBare = !credential.contains(" ")
        headers.replaceOrAdd(name: isBare ? errors.credentialField : "authorization", value: credential)
        return headers
    }

    // MARK: Answer

    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment {
        markDecision(&head.headers, output: nil)
        keepHere(&head)
        noteFile(head)
        guard let dialect, dialect.answersInWords else { return .pass }
        let isStream = head.headers.first(name: "content-type").map { dialect.isStream($0) } ?? false
        let isAnswer = (200..<300).contains(head.status.code)
        // Errors of the upstream are its own words about the request, but may quote what the LLM said.
        let isError = head.status.code >= 400
        let errorHead = isError ? head : nil
        state.withLock {
            $0.isEventStream = isStream && isAnswer
            $0.errorHead = errorHead
        }
        // What was masked can only be put back into an answer that is read.
        let isMasked = !restorations.isEmpty
        let limit = environment.configuration.answerLimit
        let isHandled = pipeline.judges(.output) || isMasked || mediaHandling(in: .output) != .pass
        guard isAnswer || isError, isHandled else {
            state.withLock { _ = $0.passed.insert(.output) }
            // What was said has to be known when somebody goes on from it, and what it took where that is limited.
            let isRead = dialect.keepsConversations || countsTokens
            return isAnswer && isRead ? .observe(limit: limit) : .pass
        }
        guard !isShadow else { return .observe(limit: limit) }
        guard isStream, isAnswer else { return .hold(limit: limit) }
        // What was masked has to be put back on the way, and what is no text dealt with, whatever is judged.
        let isEdited = isMasked || mediaHandling(in: .output) != .pass
        return observesStreams && !isEdited ? .observe(limit: limit) : .window(limit: limit)
    }

    /// Whether what is decided about a streamed answer is only recorded, and so holds nothing of it up.
    var observesStreams: Bool {
        let policy = pipeline.policy
        return policy.stream.mode == .observe || !policy.acts(in: .output)
    }

    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
        guard !Task.isCancelled else { return .reply(Self.unheard) }
        let (isStream, isError) = state.withLock { ($0.isEventStream, $0.isError) }
        guard !isError else { return await judge(error: body, head: head) }
        do throws(ChatAPIError) {
            let (answer, stream) = try read(body, isStream: isStream, requiresEnd: true)
            return await judge(answer, head: head, stream: stream)
        } catch {
            return .reply(reply(error))
        }
    }

    /// Notes what is known of a whole answer beside the verdict on it. An error is none: it tells no counts, and nobody goes on
    /// from it.
    func noteAnswer(_ answer: any DialectAnswer) {
        environment.metrics.countMedia(answer.unscanned.media.count, in: .output, mediaHandling(in: .output))
        let isError = state.withLock {
            $0.note(answer.unscanned, in: .output)
            return $0.isError
        }
        guard !isError else { return }
        let words = answer.segments.lazy.filter { $0.kind == .words }
        let wordBytes = words.reduce(0) { $0 + $1.text.utf8.count }
        state.withLock {
            $0.usage = answer.usage
            $0.wordBytes = wordBytes
        }
        remember(answer)
    }

    /// Judges a whole answer of which nothing has gone out.
    ///
    /// - Parameter stream: what read it, if it came as a stream: it knows what the upstream said of the answer on the way.
    func judge(
        _ answer: any DialectAnswer,
        head: HTTPResponseHead,
        stream: (any DialectStream)?
    ) async -> ResponseOutcome {
        let inspection = await pipeline.inspect(
            answer.segments,
            phase: .output,
            context: asked,
            queries: queries(of: answer),
            sampling: sampling,
            deadline: deadline
        )
        // Windows may have been judged of which nothing went out.
        note(state.withLock { $0.streamed?.total }.map { inspection.adding(costOf: $0) } ?? inspection)
        noteAnswer(answer)
        let rest: any DialectAnswer
        do throws(ChatAPIError) {
            rest = inspection.enforcedAction == .block ? answer : try handlingMedia(of: answer)
        } catch {
            return .reply(reply(error))
        }
        switch inspection.enforcedAction {
        case .block:
            return .reply(blocked(inspection, in: .output, query: query(of: inspection, in: answer)))
        case .rewrite:
            let replacements = restored(answer.segments, over: inspection.edits.replacements)
            return forward(rest.editing(replacements: replacements), head: head, stream: stream)
        case .log, nil:
            let replacements = restored(answer.segments, over: [:])
            let edited = replacements.isEmpty ? rest : rest.editing(replacements: replacements)
            return forward(edited, head: head, stream: stream)
        }
    }

    private func forward(
        _ answer: any DialectAnswer,
        head: HTTPResponseHead,
        stream: (any DialectStream)?
    ) -> ResponseOutcome {
        var head = head
        markDecision(&head.headers, output: state.withLock { $0.output })
        guard var stream else { return .forward(head: head, body: ByteBuffer(bytes: answer.serialized)) }
        return .forward(head: head, body: ByteBuffer(bytes: stream.rest(of: answer, texts: [:])))
    }

    /// - Parameter requiresEnd: whether a stream that does not say that it is complete is an error.
    /// - Returns: the answer, and what read it, if it came as a stream.
    func read(
        _ body: ByteBuffer,
        isStream: Bool,
        requiresEnd: Bool
    ) throws(ChatAPIError) -> (answer: any DialectAnswer, stream: (any DialectStream)?) {
        guard let dialect else { throw Self.unknownPath(head) }
        guard isStream else {
            return (try dialect.answer(parsing: Array(body.readableBytesView), limits: answerLimits), nil)
        }
        var stream = dialect.stream(limits: answerLimits)
        try stream.read(body.readableBytesView)
        guard stream.isComplete || !requiresEnd else { throw Self.closedEarly }
        return (stream.answer, stream)
    }

    static let closedEarly = ChatAPIError(
        status: 502,
        message: "The upstream's stream ended before it was complete.",
        type: "upstream_error",
        code: "upstream_closed_early"
    )

    func observe(_ chunk: ByteBuffer) {
        state.withLock { state in
            // nil where it was too much, and where the exchange is over while its stream still comes to an end.
            guard state.observed != nil else { return }
            state.observed?.writeImmutableBuffer(chunk)
            notePassing(chunk, &state)
        }
    }

    func stopObserving() {
        endPassing()
        state.withLock {
            // Nobody will judge it.
            $0.unreadable[.output, default: 0] += 1
            $0.passed.insert(.output)
        }
    }
}

extension GuardSession {
    func note(_ inspection: Inspection) {
        // The caller has left, and the model was called off.
        let inspection = Task.isCancelled ? inspection.calledOff : inspection
        state.withLock { state in
            // In shadow mode that was long before the exchange is recorded.
            let end = inspection.judgedAt
            let stage = end.advanced(by: .zero - inspection.rulesDuration - inspection.modelDuration)..<end
            switch inspection.phase {
            case .input: (state.input, state.stages.input) = (inspection, stage)
            case .output: (state.output, state.stages.output) = (inspection, stage)
            }
        }
        environment.metrics.count(inspection)
    }

    /// Tells the caller what was decided so far: the strictest action and the categories, never a score.
    func markDecision(_ headers: inout HTTPHeaders, output: Inspection?) {
        defer {
            markRates(&headers)
            markTrials(&headers, output: output)
        }
        if output == nil, state.withLock({ $0.input == nil }) {
            headers.replaceOrAdd(name: "x-guardian-decision", value: "allow")
            headers.replaceOrAdd(name: "x-guardian-categories", value: "")
            return
        }
        let inspections = [state.withLock { $0.input }, output].compactMap { $0 }.filter { !$0.decision.isShadow }
        let action = inspections.compactMap(\.decision.action).max()
        let categories = Set(inspections.flatMap(\.decision.categories)).sorted()
        headers.replaceOrAdd(name: "x-guardian-decision", value: action?.rawValue ?? "allow")
        headers.replaceOrAdd(name: "x-guardian-categories", value: categories.map(\.rawValue).joined(separator: ","))
    }
}

extension GuardSession.State {
    /// Notes what of a body cannot be read.
    mutating func note(_ unscanned: UnscannedStrings, in phase: Phase) {
        unreadable[phase] = unscanned.count
        unreadableBytes[phase] = unscanned.bytes
    }

    /// Notes that nobody judges the texts of a body.
    mutating func leave(_ segments: [TextSegment], in phase: Phase) {
        unreadable[phase, default: 0] += segments.count
        passed.insert(phase)
    }

    /// The bytes of strings that are no texts, and of texts whose roles are left out.
    func unscannedBytes(_ inspection: Inspection?, in phase: Phase) -> Int {
        (inspection?.unscannedBytes ?? 0) + (unreadableBytes[phase] ?? 0)
    }
}
