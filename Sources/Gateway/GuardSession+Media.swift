import ChatAPI
import Guard
import GuardCore
import Policy
import Synchronization

extension GuardSession {
    /// Deals with what nobody can read of a request as the policy says; in shadow mode it is counted only.
    ///
    /// - Returns: the request as it may go on.
    /// - Throws: `ChatAPIError` if it may not.
    func handlingMedia(
        of request: any DialectRequest
    ) throws(ChatAPIError) -> any DialectRequest {
        let media = request.unscanned.media
        guard let first = media.first else { return request }
        let handling = mediaHandling(in: .input)
        environment.metrics.countMedia(media.count, in: .input, handling)
        switch handling {
        case .pass: return request
        case .refuse: throw Self.mediaRefused(at: first, in: .input)
        case .drop:
            let rest = try MediaParts.removed(from: request)
            state.withLock {
                $0.request = rest
                $0.note(rest.unscanned, in: .input)
            }
            return rest
        }
    }

    /// The answer as it may go on.
    ///
    /// - Throws: `ChatAPIError` if it may not.
    func handlingMedia(of answer: any DialectAnswer) throws(ChatAPIError) -> any DialectAnswer {
        let media = answer.unscanned.media
        guard let first = media.first else { return answer }
        switch mediaHandling(in: .output) {
        case .pass: return answer
        case .refuse: throw Self.mediaRefused(at: first, in: .output)
        // Parts of an answer are known by their numbers in a stream, so each stays where it is.
        case .drop: return answer.editing(replacements: Dictionary(media.map { ($0, "") }) { first, _ in first })
        }
    }

    /// What the policy says of what is no text; in shadow mode it is counted only.
    func mediaHandling(in phase: Phase) -> MediaHandling {
        let policy = pipeline.policy
        return policy.mode == .shadow ? .pass : policy[phase].media
    }

    private static func mediaRefused(at place: String, in phase: Phase) -> ChatAPIError {
        let parameter = place.split(separator: "/").reduce("") { path, token in
            path + (Int(token) != nil ? "[\(token)]" : path.isEmpty ? String(token) : ".\(token)")
        }
        let reason = "is no text, and this gateway lets only text through: it cannot check images, sounds and files."
        switch phase {
        case .input:
            return ChatAPIError(
                status: 400,
                message: "'\(parameter)' \(reason) Send the request without it.",
                type: "invalid_request_error",
                code: "media_refused",
                parameter: parameter
            )
        case .output:
            return ChatAPIError(
                status: 403,
                message: "The answer is not passed on: its '\(parameter)' \(reason) Ask for text alone.",
                type: "media_refused",
                code: "media_refused"
            )
        }
    }
}
