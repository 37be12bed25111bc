import ChatAPI
import Synchronization

/// Counts what callers ask for, by account, in this process.
final class RateLimiter: Sendable {
    /// Accounts that are kept at the most: whoever shows ever new keys must not fill the memory.
    static let accountLimit = 100_000

    private struct Buckets {
        var requests: TokenBucket?
        var tokens: TokenBucket?
        var isFull: Bool { requests?.isFull ?? true && tokens?.isFull ?? true }

        mutating func refill(at now: ContinuousClock.Instant) {
            requests?.refill(at: now)
            tokens?.refill(at: now)
        }

        var statuses: [RateStatus] {
            [
                requests.map {
                    RateStatus(kind: .requests, limit: $0.limit, remaining: $0.remaining, reset: $0.untilFull)
                },
                tokens.map { RateStatus(kind: .tokens, limit: $0.limit, remaining: $0.remaining, reset: $0.untilFull) },
            ].compactMap { $0 }
        }
    }

    /// What became of a request.
    struct Admission: Sendable, Equatable {
        var statuses: [RateStatus]
        /// Which limit was reached, and after how long to try again; nil if none was.
        var refusal: Refusal?

        struct Refusal: Sendable, Equatable {
            var kind: RateStatus.Kind
            var wait: Duration
        }
    }

    private let accounts = Mutex<[String: Buckets]>([:])

    /// Takes a request, and the tokens that it is likely to need.
    func admit(
        _ account: String,
        limits: CallerLimits,
        tokens: Int,
        at now: ContinuousClock.Instant = .now
    ) -> Admission {
        guard !limits.isUnlimited else { return Admission(statuses: []) }
        return accounts.withLock { accounts in
            var buckets = accounts[account] ?? Buckets()
            // Limits that have changed begin anew.
            if buckets.requests?.limit != limits.requestsPerMinute {
                buckets.requests = limits.requestsPerMinute.map { TokenBucket(limit: $0, at: now) }
            }
            if buckets.tokens?.limit != limits.tokensPerMinute {
                buckets.tokens = limits.tokensPerMinute.map { TokenBucket(limit: $0, at: now) }
            }
            buckets.refill(at: now)
            defer {
                Self.makeRoom(in: &accounts, at: now)
                accounts[account] = buckets
            }
            let waits: [(RateStatus.Kind, Duration)] = [
                (.requests, buckets.requests?.wait(for: 1) ?? .zero),
                (.tokens, buckets.tokens?.wait(for: tokens) ?? .zero),
            ]
            if let (kind, wait) = waits.first(where: { $0.1 > .zero }) {
                return Admission(statuses: buckets.statuses, refusal: .init(kind: kind, wait: wait))
            }
            buckets.requests?.take(1)
            buckets.tokens?.take(tokens)
            return Admission(statuses: buckets.statuses)
        }
    }

    /// Counts the tokens that a request needed in place of those that were taken for it.
    func settle(_ account: String, taken: Int, used: Int) {
        accounts.withLock { $0[account]?.tokens?.take(used - taken) }
    }

    /// Forgets accounts that have used nothing for a while; if there are none, any.
    private static func makeRoom(in accounts: inout [String: Buckets], at now: ContinuousClock.Instant) {
        guard accounts.count >= accountLimit else { return }
        accounts = accounts.filter { _, buckets in
            var buckets = buckets
            buckets.refill(at: now)
            return !buckets.isFull
        }
        while accounts.count >= accountLimit * 9 / 10, let account = accounts.keys.first { accounts[account] = nil }
    }
}
