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
/// once. It is tried again once a minute, for it may be that the disk did not answer. A candidate whose file is not there is
/// none, until it is: whoever saves the first one need not start the gateway anew, and whoever puts it in the policy's place
/// leaves nothing broken.
final class PolicyWatch: Sendable {
    /// What became of reading the files again.
    typealias Outcome = CertificateWatch.Outcome

    /// The files that are looked at, and how they stood before they were last read.
    private struct Seen {
        var paths: [String]
        var stamps: FileStamps
    }

    /// What was wrong with the files when they were last read.
    private struct Failed {
        var all: ReloadFailure
        var live: String?
        var candidate: String?
    }

    let store: PolicyStore
    private let policy: String
    private let candidate: String?
    private let classifier: any SafetyClassifier
    private let writer: any SafeguardWriter
    private let cache = AssessmentCache()
    private let logger: Logger
    private let interval: Duration
    private let pause: Duration
    private let onReload: @Sendable (Outcome, Policy) -> Void
    private let seen: Mutex<Seen>
    /// Held while the files are read again.
    private let reloading = Mutex(())
    private let lastFailure = Mutex<Failed?>(nil)

    /// Why the policy's files as they are now are not in force; nil if they are.
    var failure: String? { lastFailure.withLock { $0?.live } }
    /// Why the candidate's files as they are now are not tried; nil if they are, or if there is none.
    var candidateFailure: String? { lastFailure.withLock { $0?.candidate } }

    /// - Parameters:
    ///   - policy: the path of the policy.
    ///   - candidate: the path of a policy to try beside it, once it is there.
    ///   - pause: how long files that could not be used are left alone.
    ///   - onReload: told what came of each reading, the first too, and which policy is in force then.
    /// - Throws: `GatewayError` if the files cannot be used now.
    init(
        policy: String,
        candidate: String?,
        classifier: any SafetyClassifier,
        writer: any SafeguardWriter,
        logger: Logger,
        interval: Duration = .seconds(2),
        pause: Duration = ReloadFailure.pause,
        onReload: @escaping @Sendable (Outcome, Policy) -> Void
    ) throws(GatewayError) {
        self.policy = policy
        self.candidate = candidate
        self.classifier = classifier
        self.writer = writer
        self.logger = logger
        self.interval = interval
        self.pause = pause
        self.onReload = onReload
        let paths = [policy, candidate].compactMap { $0 }
        let (files, seen) = Self.read(policy: policy, candidate: candidate, knowing: paths)
        self.seen = Mutex(seen)
        let base = try files.base(classifier: classifier, writer: writer, cache: cache)
        let first = PolicyInForce(base, candidate: try files.candidate.get())
        store = PolicyStore(first)
        warnOfMissing(files)
        onReload(.succeeded, first.base.policy)
    }

    /// Reads the files again.
    ///
    /// - Throws: `GatewayError`; what cannot be used stays as it was.
    func reload() throws(GatewayError) { try reload(isRetry: false) }

    /// - Parameter isRetry: whether nobody asks for it and nothing changed: what was warned of is not warned of anew.
    private func reload(isRetry: Bool) throws(GatewayError) {
        // One after the other: of two at once, the one that read the older files might be the last to put its policy in force.
        try reloading.withLock { _ throws(GatewayError) in try readAgain(isRetry: isRetry) }
    }

    private func readAgain(isRetry: Bool) throws(GatewayError) {
        let known = self.seen.withLock { $0.paths }
        let (files, seen) = Self.read(policy: policy, candidate: candidate, knowing: known)
        // Whatever comes of it, these files as they are now are no change any more.
        self.seen.withLock { $0 = seen }
        if !isRetry { warnOfMissing(files) }
        let failures = [files.liveFailure, files.candidateFailure].compactMap { $0 }
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
            let failed = Failed(
                all: ReloadFailure(error),
                live: files.liveFailure?.description,
                candidate: files.candidateFailure?.description
            )
            lastFailure.withLock { $0 = failed }
            onReload(.failed, policy)
            throw error
        }
        lastFailure.withLock { $0 = nil }
        onReload(.succeeded, policy)
        logger.info("Policy in force", metadata: ["policy": "\(policy.name)", "digest": "\(policy.digest)"])
    }

    /// Reads the files, anew where that leads to further ones: how a file stood has to be known before it is read, or a change on the
    /// way would be taken for what was read.
    private static func read(
        policy: String,
        candidate: String?,
        knowing paths: [String]
    ) -> (files: Files, seen: Seen) {
        var paths = Array(Set(paths)).sorted()
        while true {
            let seen = Seen(paths: paths, stamps: FileStamps(of: paths))
            var read: [String] = []
            let files = Files(policy: policy, candidate: candidate, reading: &read)
            let all = Array(Set(paths + read)).sorted()
            guard all != paths else { return (files, seen) }
            paths = all
        }
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
            let failed = lastFailure.withLock { $0?.all }
            let isChanged = now != inForce
            guard now == last, isChanged || failed?.isOlder(than: pause) == true else { continue }
            do {
                try reload(isRetry: !isChanged)
            } catch {
                guard isChanged || "\(error)" != failed?.text else { continue }
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

        var liveFailure: GatewayError? { if case .failure(let error) = live { error } else { nil } }
        var candidateFailure: GatewayError? { if case .failure(let error) = candidate { error } else { nil } }

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
