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
        of request: any DialectRequest,
        _ dialect: any Dialect
    ) throws(ChatAPIError) -> any DialectRequest {
        let media = request.unscanned.media
        guard let first = media.first else { return request }
        let policy = pipeline.policy
        let handling = policy.mode == .shadow ? MediaHandling.pass : policy.input.media
        environment.metrics.countMedia(media.count, handling)
        switch handling {
        case .pass: return request
        case .refuse: throw Self.mediaRefused(at: first)
        case .drop:
            let rest = try MediaParts.removed(from: request, of: dialect)
            state.withLock {
                $0.request = rest
                $0.note(rest.unscanned, in: .input)
            }
            return rest
        }
    }

    private static func mediaRefused(at place: String) -> ChatAPIError {
        let parameter = place.split(separator: "/").reduce("") { path, token in
            path + (Int(token) != nil ? "[\(token)]" : path.isEmpty ? String(token) : ".\(token)")
        }
        return ChatAPIError(
            status: 400,
            message: "'\(parameter)' is no text, and this gateway lets only text through: it cannot check images, "
                + "sounds and files. Send the request without it.",
            type: "invalid_request_error",
            code: "media_refused",
            parameter: parameter
        )
    }
}
