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
/// one look to the next, so that files that are being written are not read half. The files of a policy are read before it is
/// replaced, at once; one that cannot be used stays as it was, the other is replaced all the same, and the reason is logged
/// once. A candidate whose file is not there is none, until it is: whoever saves the first one need not start the gateway anew, and
/// whoever puts it in the policy's place leaves nothing broken.
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
    ///   - candidate: the path of a policy to try beside it, once it is there.
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
        let files = Files(policy: policy, candidate: candidate, reading: &read)
        let base = try files.base(classifier: classifier, writer: writer, cache: cache)
        let first = PolicyInForce(base, candidate: try files.candidate.get())
        store = PolicyStore(first)
        seen.withLock { $0 = Seen(paths: read, stamps: FileStamps(of: read)) }
        warnOfMissing(files)
        onReload(.succeeded, first.base.policy)
    }

    /// Reads the files again.
    ///
    /// - Throws: `GatewayError`; what cannot be used stays as it was.
    func reload() throws(GatewayError) {
        let (paths, stamps) = seen.withLock { ($0.paths, FileStamps(of: $0.paths)) }
        var read: [String] = []
        let files = Files(policy: policy, candidate: candidate, reading: &read)
        // Whatever comes of it, these files as they are now are not read again until they change.
        let all = Array(Set(paths + read)).sorted()
        seen.withLock {
            $0 = all == paths ? Seen(paths: paths, stamps: stamps) : Seen(paths: all, stamps: FileStamps(of: all))
        }
        warnOfMissing(files)
        let failures = files.failures
        let current = store.current
        if failures.count < (candidate == nil ? 1 : 2) {
            let base = try? files.base(classifier: classifier, writer: writer, cache: cache)
            let judge: CandidateJudge? =
                switch files.candidate {
                case .success(let judge): judge
                case .failure: current.candidate
                }
            store.replace(with: PolicyInForce(base ?? current.base, candidate: judge))
        }
        let policy = store.current.base.policy
        guard failures.isEmpty else {
            let error = GatewayError(.configuration, failures.map { "\($0)" }.joined(separator: "\n"))
            lastFailure.withLock { $0 = "\(error)" }
            onReload(.failed, policy)
            throw error
        }
        lastFailure.withLock { $0 = nil }
        onReload(.succeeded, policy)
        logger.info("Policy in force", metadata: ["policy": "\(policy.name)", "digest": "\(policy.digest)"])
    }

    private func warnOfMissing(_ files: Files) {
        guard let path = files.missingCandidate else { return }
        logger.warning("The candidate is not there; it is tried once it is", metadata: ["path": "\(path)"])
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
                logger.error("A policy was not reloaded; what was read before stays", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What the files hold now, each policy by itself.
    private struct Files {
        var live: Result<PolicyCompiler.Compiled, GatewayError>
        /// nil if there is none.
        var candidate: Result<CandidateJudge?, GatewayError>
        /// Where there is none because its file is not there, its path.
        var missingCandidate: String?

        /// - Parameter read: gets the paths of all files that were looked for.
        init(policy: String, candidate: String?, reading read: inout [String]) {
            var paths: [String] = []
            live = Result { () throws(GatewayError) in try PolicyCompiler.compile(path: policy, reading: &paths) }
            self.candidate = Result { () throws(GatewayError) -> CandidateJudge? in
                guard let candidate else { return nil }
                let (policy, rules) = try PolicyCompiler.compile(path: candidate, reading: &paths)
                return CandidateJudge(policy: policy, rules: rules)
            }
            // Only now, so that it is among the files that were looked for.
            if case .failure = self.candidate, let candidate, FileFacts.isMissing(candidate) {
                self.candidate = .success(nil)
                missingCandidate = candidate
            }
            read = Array(Set(paths)).sorted()
        }

        var failures: [GatewayError] {
            var failures: [GatewayError] = []
            if case .failure(let error) = live { failures.append(error) }
            if case .failure(let error) = candidate { failures.append(error) }
            return failures
        }

        func base(
            classifier: any SafetyClassifier,
            writer: any SafeguardWriter,
            cache: AssessmentCache
        ) throws(GatewayError) -> GuardPipeline {
            let (policy, rules) = try live.get()
            return GuardPipeline(policy: policy, rules: rules, classifier: classifier, writer: writer, cache: cache)
        }
    }
}
