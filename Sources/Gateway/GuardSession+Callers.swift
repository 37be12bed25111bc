import Audit
import ChatAPI
import Foundation
import NIOCore
import NIOHTTP1
import Proxy
import Synchronization

extension GuardSession {
    /// Bytes of a body for one token, where nobody has counted.
    private static let bytesPerToken = 4

    private var limits: CallerLimits {
        let common = environment.configuration.callers.limits
        return (try? identity.get())?.caller?.limits.over(common) ?? common
    }

    /// Why the request is refused from its head alone: no key, one in the wrong place, several tenants, or one request too many. A
    /// request that will be read is counted when its length is known.
    func refusal() -> ChatAPIError? {
        if case .failure(let error) = identity {
            environment.metrics.countRefused("key")
            return error
        }
        let replacesKeys = environment.callers.hasKeys || environment.configuration.upstream.authorization != nil
        if replacesKeys, CallerDirectory.hasKey(in: head.uri) {
            environment.metrics.countRefused("key")
            return .invalidRequest(
                "A key in the address would be passed on and logged. Send it in the field \(errors.credentialField).",
                code: "key_in_address"
            )
        }
        // A peer that adds its own behind what it was sent would have the sender believed.
        if let field = environment.configuration.tenantField, head.headers[field].count > 1 {
            return .invalidRequest(
                "The field \(field) was sent several times, so that nobody knows whom the request is for.",
                code: "duplicate_header"
            )
        }
        switch endpoint {
        case .guarded, .moderations: return nil
        case .passed: return take(tokens: 0)
        case nil: return environment.configuration.passesUnrecognised ? take(tokens: 0) : nil
        }
    }

    /// Why a request of this length is one too many; nil if it is not.
    func takeTokens(for bytes: Int) -> ChatAPIError? { take(tokens: bytes / Self.bytesPerToken) }

    private func take(tokens: Int) -> ChatAPIError? {
        guard let account = try? identity.get().account else { return nil }
        let admission = environment.limiter.admit(account, limits: limits, tokens: tokens)
        state.withLock {
            $0.rates = admission.statuses
            if admission.refusal == nil, !limits.isUnlimited { $0.takenTokens = tokens }
        }
        guard let refusal = admission.refusal,
            let status = admission.statuses.first(where: { $0.kind == refusal.kind })
        else { return nil }
        environment.metrics.countRefused(refusal.kind.rawValue)
        return .rateLimited(status, wait: refusal.wait)
    }

    /// Whether somebody counts the tokens that the answer takes.
    var countsTokens: Bool { limits.tokensPerMinute != nil }

    /// Counts what the exchange took in place of what was taken for it: the upstream's own counts, or by length.
    func settleTokens(_ summary: ExchangeSummary) {
        let (taken, usage, wordBytes) = state.withLock { ($0.takenTokens, $0.usage, $0.wordBytes) }
        guard let taken, let account = try? identity.get().account else { return }
        let bytes =
            switch endpoint {
            // Lists and numbers are none of the LLM's words.
            case .passed, .moderations: 0
            case .guarded(let dialect) where !dialect.answersInWords: 0
            // What stands around the words of a stream is many times as long as they are, and an error is none of them.
            case .guarded, nil: wordBytes ?? ((200..<300).contains(summary.status ?? 0) ? summary.responseBytes : 0)
            }
        let used = usage.map { $0.prompt + $0.completion } ?? taken + bytes / Self.bytesPerToken
        environment.limiter.settle(account, taken: taken, used: used)
    }

    /// Notes that what comes on a path that is not read is a file, and so none of the LLM's words.
    func noteFile(_ head: HTTPResponseHead) {
        guard endpoint == nil, let type = head.headers.first(name: "content-type")?.lowercased(),
            !type.hasPrefix("text/"), !type.contains("json")
        else { return }
        state.withLock { $0.wordBytes = 0 }
    }

    /// Tells the caller how far it has come, as the API does.
    func markRates(_ headers: inout HTTPHeaders) {
        let rates = state.withLock { $0.rates }
        guard !rates.isEmpty else { return }
        for (name, value) in errors.fields(of: rates, now: Int(Date().timeIntervalSince1970)) {
            headers.replaceOrAdd(name: name, value: value)
        }
    }
}
