import Audit
import ChatAPI
import Foundation
import Guard
import GuardCore
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
    let pipeline: GuardPipeline
    let environment: GuardFilter.Environment
    let endpoint: Endpoint?
    let time = AuditTime.now()

    /// What is known so far. The proxy calls one method at a time, but from different threads.
    struct State {
        var request: ChatCompletionRequest?
        var input: Inspection?
        var output: Inspection?
        /// Strings of the body that the dialect cannot read, or that nobody judged, per phase.
        var unreadable: [Phase: Int] = [:]
        var response: AuditRecord.ResponseRecord?
        var generatedTokens: Int?
        var usage: TokenUsage?
        /// In shadow mode, the judging that goes on beside the exchange.
        var background: Task<Inspection, Never>?
        /// The answer that passes by while it is observed, up to the limit; nil once it is too long.
        var observed: ByteBuffer? = ByteBuffer()
        var isEventStream = false
        var error: ChatAPIError?
    }

    let state = Mutex(State())

    init(head: HTTPRequestHead, client: ClientInfo, pipeline: GuardPipeline, environment: GuardFilter.Environment) {
        self.head = head
        self.client = client
        self.pipeline = pipeline
        self.environment = environment
        endpoint = Endpoint(method: head.method.rawValue, path: head.uri)
    }

    private var isShadow: Bool { pipeline.policy.mode == .shadow }

    var deadline: ContinuousClock.Instant { .now + environment.configuration.model.timeout }

    // MARK: Request

    func begin() -> RequestStart {
        switch endpoint {
        case .chatCompletions:
            return .inspect(limit: environment.configuration.bodyLimit)
        case .models:
            return .pass(headers: upstreamHeaders)
        case nil where environment.configuration.passesUnrecognised:
            return .pass(headers: upstreamHeaders)
        case nil:
            return .reply(
                reply(
                    ChatAPIError(
                        status: 404,
                        message: "This gateway does not serve \(head.method.rawValue) on this path. "
                            + "Guarded: POST /v1/chat/completions, GET /v1/models.",
                        type: "invalid_request_error",
                        code: "unknown_url"
                    )
                )
            )
        }
    }

    func request(body: ByteBuffer) async -> RequestOutcome {
        let request: ChatCompletionRequest
        do throws(ChatAPIError) {
            request = try ChatCompletionRequest(parsing: Array(body.readableBytesView))
        } catch {
            return .reply(reply(error))
        }
        state.withLock {
            $0.request = request
            $0.unreadable[.input] = request.unscanned.count
        }
        guard pipeline.judges(.input) else { return forward(request) }
        guard !isShadow else {
            // Shadow mode never delays: the caller's request is on its way while it is judged.
            let (pipeline, deadline) = (pipeline, deadline)
            let task = Task { await pipeline.inspect(request.segments, phase: .input, deadline: deadline) }
            state.withLock { $0.background = task }
            return forward(request)
        }

        let inspection = await pipeline.inspect(request.segments, phase: .input, deadline: deadline)
        note(inspection)
        switch inspection.enforcedAction {
        case .block:
            return .reply(blocked(inspection, query: nil))
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
    private func forward(_ request: ChatCompletionRequest) -> RequestOutcome {
        .forward(headers: upstreamHeaders, body: ByteBuffer(bytes: request.serialized))
    }

    /// The caller's headers for the upstream. The proxy has its own rules for framing and hop-by-hop fields.
    private var upstreamHeaders: HTTPHeaders {
        var headers = head.headers
        if let authorization = environment.configuration.upstream.authorization {
            headers.replaceOrAdd(name: "authorization", value: authorization)
        }
        return headers
    }

    // MARK: Answer

    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment {
        markDecision(&head.headers, output: nil)
        let isStream = head.headers.first(name: "content-type")?.lowercased().hasPrefix("text/event-stream") ?? false
        state.withLock { $0.isEventStream = isStream }
        // Errors of the upstream are its own words about the request, not an answer to it.
        let isAnswer = (200..<300).contains(head.status.code)
        guard endpoint == .chatCompletions, isAnswer, pipeline.judges(.output) else { return .pass }
        let limit = environment.configuration.answerLimit
        guard !isShadow else { return .observe }
        guard isStream else { return .hold(limit: limit) }
        switch pipeline.policy.stream.mode {
        case .window: return .window(limit: limit)
        case .full: return .hold(limit: limit)
        case .observe: return .observe
        }
    }

    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
        let isStream = state.withLock { $0.isEventStream }
        let completion: ChatCompletion
        do throws(ChatAPIError) {
            completion = try Self.completion(of: body, isStream: isStream, requiresEnd: true)
        } catch {
            return .reply(reply(error))
        }
        return await judge(completion, head: head, isStream: isStream)
    }

    /// Notes what is known of a whole answer beside the verdict on it.
    func noteAnswer(_ completion: ChatCompletion) {
        state.withLock {
            $0.unreadable[.output] = completion.unscanned.count
            $0.usage = completion.usage
        }
    }

    /// Judges a whole answer of which nothing has gone out.
    func judge(_ completion: ChatCompletion, head: HTTPResponseHead, isStream: Bool) async -> ResponseOutcome {
        let inspection = await pipeline.inspect(completion.segments, phase: .output, deadline: deadline)
        note(inspection)
        noteAnswer(completion)
        switch inspection.enforcedAction {
        case .block:
            return .reply(blocked(inspection, query: state.withLock { $0.request?.lastUserText }))
        case .rewrite:
            return forward(
                completion.editing(replacements: inspection.edits.replacements),
                head: head,
                isStream: isStream
            )
        case .log, nil:
            return forward(completion, head: head, isStream: isStream)
        }
    }

    private func forward(_ completion: ChatCompletion, head: HTTPResponseHead, isStream: Bool) -> ResponseOutcome {
        var head = head
        markDecision(&head.headers, output: state.withLock { $0.output })
        return .forward(head: head, body: ByteBuffer(bytes: isStream ? completion.stream : completion.serialized))
    }

    /// - Parameter requiresEnd: whether a stream that does not say that it is complete is an error.
    static func completion(
        of body: ByteBuffer,
        isStream: Bool,
        requiresEnd: Bool
    ) throws(ChatAPIError) -> ChatCompletion {
        guard isStream else { return try ChatCompletion(parsing: Array(body.readableBytesView)) }
        var assembler = DeltaAssembler()
        try assembler.read(body.readableBytesView)
        guard assembler.isComplete || !requiresEnd else {
            throw closedEarly
        }
        return assembler.completion
    }

    static let closedEarly = ChatAPIError(
        status: 502,
        message: "The upstream's stream ended before it was complete.",
        type: "upstream_error",
        code: "upstream_closed_early"
    )

    func observe(_ chunk: ByteBuffer) {
        let limit = environment.configuration.answerLimit
        state.withLock { state in
            guard let length = state.observed?.readableBytes else { return }
            if length + chunk.readableBytes > limit {
                state.observed = nil
            } else {
                state.observed?.writeImmutableBuffer(chunk)
            }
        }
    }
}

extension GuardSession {
    func note(_ inspection: Inspection) {
        state.withLock { state in
            switch inspection.phase {
            case .input: state.input = inspection
            case .output: state.output = inspection
            }
        }
        environment.metrics.count(inspection)
    }

    /// Tells the caller what was decided so far: the strictest action and the categories, never a score.
    func markDecision(_ headers: inout HTTPHeaders, output: Inspection?) {
        let inspections = [state.withLock { $0.input }, output].compactMap { $0 }.filter { !$0.decision.isShadow }
        let action = inspections.compactMap(\.decision.action).max()
        let categories = Set(inspections.flatMap(\.decision.categories)).sorted()
        headers.replaceOrAdd(name: "x-guardian-decision", value: action?.rawValue ?? "allow")
        headers.replaceOrAdd(name: "x-guardian-categories", value: categories.map(\.rawValue).joined(separator: ","))
    }
}
