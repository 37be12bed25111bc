/// Where a guard model is served with OpenAI's API.
package protocol ModelServer: Sendable {
    /// Posts one request.
    ///
    /// - Parameters:
    ///   - path: of the API: `/v1/chat/completions` or `/v1/completions`.
    ///   - body: JSON.
    ///   - deadline: when the answer is of no use any more.
    /// - Returns: the body of an answer with status 200, of a bounded size.
    /// - Throws: `EngineFailure`.
    func post(
        _ path: String,
        _ body: [UInt8],
        deadline: ContinuousClock.Instant?
    ) async throws(EngineFailure) -> [UInt8]
}
