import Audit
import ChatAPI
import Guard
import GuardCore
import NIOCore
import NIOHTTP1
import Policy
import Proxy
import Synchronization

extension GuardSession {
    /// Answers with what the policy for requests makes of each input. Nothing is forwarded, and nothing is withheld.
    func moderate(_ body: ByteBuffer) async -> LocalReply {
        let request: ModerationRequest
        do throws(ChatAPIError) {
            request = try ModerationRequest(parsing: Array(body.readableBytesView), limits: bodyLimits)
        } catch {
            return reply(error)
        }
        choosePolicy(model: request.model)
        state.withLock { $0.note(request.unscanned, in: .input) }
        var moderations: [Moderation] = []
        var strictest: Inspection?
        // However many inputs there are, the request has the time of one.
        let deadline = deadline
        for segments in request.inputs {
            let inspection = await pipeline.inspect(segments, phase: .input, sampling: sampling, deadline: deadline)
            note(inspection)
            guard inspection.failure == nil else { return reply(Self.unjudged(inspection.failure)) }
            let isStricter =
                switch (inspection.decision.action, strictest?.decision.action) {
                case (let action?, let known?): action > known
                case (let action, nil): action != nil || strictest == nil
                case (nil, _): false
                }
            if isStricter { strictest = inspection }
            moderations.append(
                Moderation(
                    found: Set(inspection.decision.findings.map(\.category)),
                    scores: inspection.scores?.categories ?? CategoryScores()
                )
            )
        }
        // The record tells of the worst input, and so does the head.
        state.withLock { $0.input = strictest }
        var headers: HTTPHeaders = ["content-type": "application/json"]
        markDecision(&headers, output: nil)
        return LocalReply(
            status: .ok,
            headers: headers,
            body: .bytes(
                ByteBuffer(
                    bytes: Moderation.reply(moderations, id: "modr-guardian-\(client.requestID)", model: request.model)
                )
            )
        )
    }
}
