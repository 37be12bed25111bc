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

extension GuardSession {
    /// An error in the dialect's shape.
    func reply(_ error: ChatAPIError) -> LocalReply {
        state.withLock { $0.error = error }
        var headers: HTTPHeaders = ["content-type": "application/json"]
        if let seconds = error.retryAfter ?? (error.status == 503 ? 1 : nil) {
            headers.add(name: "retry-after", value: "\(seconds)")
        }
        markDecision(&headers, output: state.withLock { $0.output })
        return LocalReply(
            status: HTTPResponseStatus(statusCode: error.status),
            headers: headers,
            body: .bytes(ByteBuffer(bytes: errors.body(of: error)))
        )
    }

    /// An error that the proxy found, in the dialect's shape. OpenAI's is the proxy's own.
    func reply(to error: ProxyError) -> LocalReply? {
        // What the upstream answered with is an error itself: when to try again is what the caller has to know.
        if error.keepsAnswerFromInspection, let head = state.withLock({ $0.errorHead }) { return unreadable(head) }
        var reply = ErrorReply.make(error)
        if errors != .openAI {
            let words = ChatAPIError(status: error.status, message: error.message, type: error.code, code: error.code)
            reply.body = .bytes(ByteBuffer(bytes: errors.body(of: words)))
        }
        markDecision(&reply.headers, output: state.withLock { $0.output })
        return reply
    }

    /// What a caller gets in place of what was blocked: a safeguard response in the dialect, streamed if a stream was
    /// asked for, or an error if the policy says so. Where nothing was found and the guard could not judge, an error that says
    /// that.
    ///
    /// - Parameters:
    ///   - phase: whether the request or its answer was blocked.
    ///   - query: what the caller asked, where the blocked text is the answer to it.
    func blocked(_ inspection: Inspection, in phase: Phase, query: String?) -> LocalReply {
        guard let reply = inspection.decision.reply, !reply.isFailure else {
            return self.reply(Self.unjudged(inspection.failure))
        }
        guard reply.style != .error, let dialect, dialect.answersInWords, let request = state.withLock({ $0.request })
        else { return self.reply(Self.withheld(reply.category, in: phase)) }
        let identity = ReplyIdentity(requestID: client.requestID, created: Int(Date().timeIntervalSince1970))
        rememberReply(as: identity)
        var headers: HTTPHeaders = ["content-type": request.isStream ? dialect.streamType : "application/json"]
        if request.isStream { headers.add(name: "cache-control", value: "no-cache") }
        markDecision(&headers, output: state.withLock { $0.output })

        // The words are written while the reply is under way: a caller who asked for a stream sees it begin at once, and
        // a caller who goes away ends the writing.
        let (chunks, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let task = Task {
            if request.isStream {
                var stream = request.replyStream(as: identity)
                continuation.yield(ByteBuffer(bytes: stream.piece("", of: 0)))
                for piece in TextPieces.of(await safeguard(inspection, category: reply.category, query: query)) {
                    continuation.yield(ByteBuffer(bytes: stream.piece(piece, of: 0)))
                }
                continuation.yield(ByteBuffer(bytes: stream.filtered(saying: [])))
            } else {
                let text = await safeguard(inspection, category: reply.category, query: query)
                continuation.yield(ByteBuffer(bytes: request.reply(text, as: identity)))
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return LocalReply(status: .ok, headers: headers, body: .stream(chunks))
    }

    /// The code of the error that stands for a block where there are no words.
    static let withheldCode = "content_filter"

    /// What a caller is told where something was blocked, and the policy wants an error or the operation has no answer that could
    /// hold words. The fault is the text's: trying again does not help, so clients must not.
    static func withheld(_ category: HarmCategory, in phase: Phase) -> ChatAPIError {
        let what = phase == .input ? "input" : "answer"
        return .invalidRequest(
            "The \(what) was blocked by this gateway's policy: \(category.words).",
            code: withheldCode
        )
    }

    /// What a caller is told where the guard could not judge and the policy lets nothing pass unjudged.
    static func unjudged(_ failure: ClassifierError?) -> ChatAPIError {
        ChatAPIError(
            status: 503,
            message: "The guard could not judge this in time, and the policy does not let it pass unjudged. "
                + "Please try again.",
            type: "guard_unavailable",
            code: failure == .overloaded ? "guard_overloaded" : "guard_unavailable"
        )
    }

    /// The text of the safeguard response, noted for the record.
    func safeguard(_ inspection: Inspection, category: HarmCategory, query: String?) async -> String {
        let begin = ContinuousClock.now
        let deadline = begin + environment.configuration.model.safeguardTimeout
        guard let response = await pipeline.safeguard(for: inspection, query: query, deadline: deadline) else {
            return ""
        }
        var origin: AuditRecord.ResponseRecord.Origin = response.origin == .generated ? .generated : .template
        if case .fixed = inspection.decision.reply?.style { origin = .fixed }
        let record = AuditRecord.ResponseRecord(
            origin: origin,
            category: category,
            subject: response.subject,
            fallbackReason: response.fallbackReason
        )
        state.withLock {
            $0.response = record
            $0.wordBytes = ($0.wordBytes ?? 0) + response.text.utf8.count
            $0.generatedTokens = response.tokens
            $0.stages.safeguard = begin..<ContinuousClock.now
        }
        environment.metrics.count(record, took: begin.duration(to: .now))
        return response.text
    }
}
