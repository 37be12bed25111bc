import NIOHTTP1

/// Whether an exchange that failed before the first byte of its answer may be tried again.
enum RetryRule {
    /// How far the failed attempt had come.
    enum Progress: Equatable {
        /// There was no connection: the server knows nothing of the request.
        case unsent
        /// The request was sent, at least in part.
        case sent
    }

    /// - Parameter isReplayable: the whole of the request is still at hand.
    static func allows(
        _ code: UpstreamError.Code,
        _ progress: Progress,
        method: HTTPMethod,
        isReplayable: Bool
    ) -> Bool {
        switch (code, progress) {
        case (.connectRefused, .unsent), (.connectTimeout, .unsent), (.unreachable, .unsent), (.tlsFailed, .unsent),
            (.nameNotFound, .unsent), (.poolExhausted, .unsent), (.closedEarly, .unsent):
            return isReplayable
        case (.closedEarly, .sent):
            // What became of the request is not known; only methods that change nothing may be sent twice
            // (RFC 9110, 9.2.2).
            return isReplayable && [.GET, .HEAD, .OPTIONS].contains(method)
        case (.connectRefused, .sent), (.connectTimeout, .sent), (.unreachable, .sent), (.tlsFailed, .sent),
            (.nameNotFound, .sent), (.poolExhausted, .sent), (.firstByteTimeout, _), (.idleTimeout, _),
            (.totalTimeout, _), (.badResponse, _), (.circuitOpen, _):
            return false
        }
    }
}
