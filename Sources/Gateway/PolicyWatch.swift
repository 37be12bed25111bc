import Guard
import GuardCore
import Logging
import Policy
import PolicyLanguage
import Rules
import Synchronization

/// Keeps the policy in force, and the candidate beside it, those of the files, while the gateway runs.
///
/// The files, those that they include too, are looked at every few seconds. A change counts when it has stayed the same from
/// one look to the next, so that files that are being written are not read half. All of them are read before anything is
/// replaced, at once; what cannot be used changes nothing, and the reason is logged once.
final class PolicyWatch: Sendable {
    /// What became of reading the files again.
    typealias Outcome = CertificateWatch.Outcome

    /// The files that are looked at, and how they stood when they were last read.
    private struct Seen {
        var paths: [String]
        var stamps: FileStamps
    }

    let store: PolicyStore
    private let policy: String
    private let candidate: String?
    private let classifier: any SafetyClassifier
    private let writer: any SafeguardWriter
    private let cache = AssessmentCache()
    private let logger: Logger
    private let interval: Duration
    private let onReload: @Sendable (Outcome, Policy) -> Void
    private let seen: Mutex<Seen>
    private let lastFailure = Mutex<String?>(nil)

    /// Why the files as they are now are not in force; nil if they are.
    var failure: String? { lastFailure.withLock { $0 } }

    /// - Parameters:
    ///   - policy: the path of the policy.
    ///   - candidate: the path of a policy to try beside it.
    ///   - onReload: told what came of each reading, the first too, and which policy is in force then.
    /// - Throws: `GatewayError` if the files cannot be used now.
    init(
        policy: String,
        candidate: String?,
        classifier: any SafetyClassifier,
        writer: any SafeguardWriter,
        logger: Logger,
        interval: Duration = .seconds(2),
        onReload: @escaping @Sendable (Outcome, Policy) -> Void
    ) throws(GatewayError) {
        self.policy = policy
        self.candidate = candidate
        self.classifier = classifier
        self.writer = writer
        self.logger = logger
        self.interval = interval
        self.onReload = onReload
        let paths = [policy, candidate].compactMap { $0 }
        seen = Mutex(Seen(paths: paths, stamps: FileStamps(of: paths)))
        var read: [String] = []
        let first = try Self.load(policy, candidate, classifier, writer, cache, &read)
        store = PolicyStore(first)
        seen.withLock { $0 = Seen(paths: read, stamps: FileStamps(of: read)) }
        onReload(.succeeded, first.base.policy)
    }

    /// Reads the files again.
    ///
    /// - Throws: `GatewayError`; the policy in force stays.
    func reload() throws(GatewayError) {
        let (paths, stamps) = seen.withLock { ($0.paths, FileStamps(of: $0.paths)) }
        var read: [String] = []
        // Whatever comes of it, these files as they are now are not read again until they change.
        defer {
            let all = Array(Set(paths + read)).sorted()
            seen.withLock {
                $0 = all == paths ? Seen(paths: paths, stamps: stamps) : Seen(paths: all, stamps: FileStamps(of: all))
            }
        }
        do throws(GatewayError) {
            let next = try Self.load(policy, candidate, classifier, writer, cache, &read)
            store.replace(with: next)
        } catch {
            lastFailure.withLock { $0 = "\(error)" }
            onReload(.failed, store.current.base.policy)
            throw error
        }
        lastFailure.withLock { $0 = nil }
        let policy = store.current.base.policy
        onReload(.succeeded, policy)
        logger.info("Policy in force", metadata: ["policy": "\(policy.name)", "digest": "\(policy.digest)"])
    }

    /// Looks after the files until the task is cancelled.
    func run() async {
        var last = seen.withLock { FileStamps(of: $0.paths) }
        while (try? await Task.sleep(for: interval)) != nil {
            let (now, inForce) = seen.withLock { (FileStamps(of: $0.paths), $0.stamps) }
            defer { last = now }
            guard now != inForce, now == last else { continue }
            do {
                try reload()
            } catch {
                logger.error("The policy was not reloaded; the one in force stays", metadata: ["error": "\(error)"])
            }
        }
    }

    /// - Parameter read: gets the paths of all files that were looked for.
    private static func load(
        _ policy: String,
        _ candidate: String?,
        _ classifier: any SafetyClassifier,
        _ writer: any SafeguardWriter,
        _ cache: AssessmentCache,
        _ read: inout [String]
    ) throws(GatewayError) -> PolicyInForce {
        let (live, rules) = try PolicyCompiler.compile(path: policy, reading: &read)
        var judge: CandidateJudge?
        if let candidate {
            let (policy, rules) = try PolicyCompiler.compile(path: candidate, reading: &read)
            judge = CandidateJudge(policy: policy, rules: rules)
        }
        read = Array(Set(read)).sorted()
        let pipeline = GuardPipeline(policy: live, rules: rules, classifier: classifier, writer: writer, cache: cache)
        return PolicyInForce(pipeline, candidate: judge)
    }
}
