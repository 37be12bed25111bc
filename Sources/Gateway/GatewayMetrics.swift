import Audit
import Engines
import Guard
import GuardCore
import Policy
import Proxy
import Synchronization

/// What the gateway counts. The names are documented in README.md, "Metrics".
final class GatewayMetrics: Sendable {
    /// What is read again while the gateway runs.
    enum Reloaded: String, CaseIterable {
        case policy, certificates
        case adminCertificates = "admin_certificates"
        case upstreamCertificates = "upstream_certificates"
        case engineCertificates = "engine_certificates"
        case auditCertificate = "audit_certificate"
    }

    let registry = Metrics()
    private let requests: Counter
    private let decisions: Counter
    private let findings: Counter
    private let failures: Counter
    private let engineCalls: Counter
    private let engineDuration: Histogram
    private let hedges: Counter
    private let unscanned: Counter
    private let scannedBytes: Counter
    private let unscannedBytes: Counter
    private let media: Counter
    private let refused: Counter
    private let safeguards: Counter
    private let duration: Histogram
    private let stages: Histogram
    private let judgedTokens: Counter
    private let reloads: Counter
    private let stalePolicy: Gauge
    private let policyInfo: Gauge
    private let candidates: Counter
    private let policyDigest = Mutex<[String]?>(nil)

    init() {
        requests = registry.counter(
            "guardian_requests_total",
            help: "Exchanges by the status the caller got and whose fault an error was.",
            labels: ["status", "fault"]
        )
        decisions = registry.counter(
            "guardian_decisions_total",
            help: "Decisions by phase, action and policy mode.",
            labels: ["phase", "action", "mode"]
        )
        findings = registry.counter(
            "guardian_findings_total",
            help: "Reasons for decisions by phase, category, action and source: model, rule, failure.",
            labels: ["phase", "category", "action", "source"]
        )
        failures = registry.counter(
            "guardian_model_failures_total",
            help: "Requests and answers without a score, by phase and reason: overloaded, deadline, failed.",
            labels: ["phase", "reason"]
        )
        engineCalls = registry.counter(
            "guardian_engine_calls_total",
            help: "Where others than the embedded engine judge: calls of each engine that scored, or why not "
                + "(overloaded, deadline, unreachable, status, unreadable, contradiction, failed).",
            labels: ["engine", "result"]
        )
        engineDuration = registry.histogram(
            "guardian_engine_duration_seconds",
            help: "Time that calls of each engine took, failed ones too.",
            labels: ["engine"]
        )
        hedges = registry.counter(
            "guardian_engine_hedges_total",
            help: "Questions for which a second server was asked, by whether its answer was taken (won) or not (lost).",
            labels: ["engine", "result"]
        )
        unscanned = registry.counter(
            "guardian_unscanned_strings_total",
            help: "Strings that nobody read, by phase: images, roles that the policy leaves out.",
            labels: ["phase"]
        )
        scannedBytes = registry.counter(
            "guardian_scanned_bytes_total",
            help: "Bytes of texts that rules and model read, by phase.",
            labels: ["phase"]
        )
        unscannedBytes = registry.counter(
            "guardian_unscanned_bytes_total",
            help: "Bytes of strings, and of bodies passed on unread, that nobody read, by phase.",
            labels: ["phase"]
        )
        media = registry.counter(
            "guardian_media_total",
            help: "Images, sounds and files, by phase and what the policy made of them: pass, drop, refuse.",
            labels: ["phase", "handling"]
        )
        refused = registry.counter(
            "guardian_callers_refused_total",
            help: "Requests refused for want of a key, or beyond a limit, by reason: key, requests, tokens.",
            labels: ["reason"]
        )
        safeguards = registry.counter(
            "guardian_safeguard_responses_total",
            help: "Safeguard responses by origin (generated, template, fixed) and why a template was used.",
            labels: ["origin", "reason"]
        )
        judgedTokens = registry.counter("guardian_judged_tokens_total", help: "Tokens the model read to judge.")
        reloads = registry.counter(
            "guardian_reloads_total",
            help: "How often files were reloaded, by kind of file and result: policy, certificates, "
                + "admin_certificates, upstream_certificates, engine_certificates, audit_certificate; what failed to "
                + "load changed nothing.",
            labels: ["what", "result"]
        )
        stalePolicy = registry.gauge(
            "guardian_policy_stale",
            help: "1 while the policy's files cannot be used and what was read before stays in force."
        )
        policyInfo = registry.gauge(
            "guardian_policy_info",
            help: "1 for the policy in force, 0 for those that were.",
            labels: ["name", "digest"]
        )
        candidates = registry.counter(
            "guardian_candidate_decisions_total",
            help: "Decisions of the candidate policy by phase, what was decided (live) and what it would have decided; "
                + "unjudged where there was no room to ask it.",
            labels: ["phase", "live", "candidate"]
        )
        duration = registry.histogram(
            "guardian_request_duration_seconds",
            help: "From the request head to the end of the reply."
        )
        stages = registry.histogram(
            "guardian_stage_duration_seconds",
            help: "Time by stage: rules, model, upstream_first_byte, upstream, safeguard (writing a safeguard "
                + "response).",
            labels: ["stage"]
        )
        // A series that begins with its first failure shows no increase by it.
        for what in Reloaded.allCases {
            for outcome in CertificateWatch.Outcome.allCases {
                reloads.increment([what.rawValue, outcome.rawValue], by: 0)
            }
        }
        // Nothing can be compared with a series that does not exist: where all passes unread, none is read.
        for phase in Phase.allCases {
            scannedBytes.increment([phase.rawValue], by: 0)
            unscannedBytes.increment([phase.rawValue], by: 0)
        }
    }

    func count(_ inspection: Inspection) {
        let phase = inspection.phase.rawValue
        let decision = inspection.decision
        decisions.increment([phase, decision.action?.rawValue ?? "allow", decision.isShadow ? "shadow" : "enforce"])
        for finding in decision.findings {
            findings.increment([phase, finding.category.rawValue, finding.action.rawValue, finding.source.word])
        }
        if let failure = inspection.failure { failures.increment([phase, failure.word]) }
        stages.observe(inspection.rulesDuration, ["rules"])
        stages.observe(inspection.modelDuration, ["model"])
        judgedTokens.increment(by: UInt64(inspection.tokens))
    }

    func countMedia(_ count: Int, in phase: Phase, _ handling: MediaHandling) {
        media.increment([phase.rawValue, handling.rawValue], by: UInt64(count))
    }

    func countEngine(_ engine: String, _ failure: EngineFailure?, _ duration: Duration) {
        engineCalls.increment([engine, failure?.word ?? "scored"])
        engineDuration.observe(duration, [engine])
    }

    func countHedge(_ engine: String, _ hedge: EngineServers.Hedge) { hedges.increment([engine, hedge.rawValue]) }

    func countReload(_ what: Reloaded, _ outcome: CertificateWatch.Outcome) {
        reloads.increment([what.rawValue, outcome.rawValue])
    }

    /// Notes what came of reading the policy's files, the first time too, and which policy is in force.
    func notePolicy(_ outcome: CertificateWatch.Outcome, inForce policy: Policy) {
        let labels = [policy.name, policy.digest]
        let previous = policyDigest.withLock { known in
            defer { known = labels }
            return known
        }
        if previous != nil { countReload(.policy, outcome) }
        stalePolicy.set(outcome == .failed ? 1 : 0)
        if let previous { policyInfo.set(0, previous) }
        policyInfo.set(1, labels)
    }

    /// - Parameter candidate: what the candidate would have decided; nil where it was not asked.
    func count(candidate: Decision?, live: Decision, phase: Phase) {
        let word = candidate.map { $0.action?.rawValue ?? "allow" } ?? "unjudged"
        candidates.increment([phase.rawValue, live.action?.rawValue ?? "allow", word])
    }

    func countRefused(_ reason: String) { refused.increment([reason]) }

    func countUnscanned(_ strings: Int, phase: Phase) {
        if strings > 0 { unscanned.increment([phase.rawValue], by: UInt64(strings)) }
    }

    func countBytes(scanned: Int, unscanned: Int, phase: Phase) {
        if scanned > 0 { scannedBytes.increment([phase.rawValue], by: UInt64(scanned)) }
        if unscanned > 0 { unscannedBytes.increment([phase.rawValue], by: UInt64(unscanned)) }
    }

    func count(_ response: AuditRecord.ResponseRecord, took duration: Duration) {
        stages.observe(duration, ["safeguard"])
        safeguards.increment([response.origin.rawValue, response.fallbackReason ?? ""])
    }

    func count(_ summary: ExchangeSummary) {
        requests.increment([summary.status.map(String.init) ?? "none", summary.fault?.rawValue ?? ""])
        duration.observe(summary.duration)
        if let first = summary.upstreamFirstByte { stages.observe(first, ["upstream_first_byte"]) }
        if let upstream = summary.upstreamDuration { stages.observe(upstream, ["upstream"]) }
    }
}

extension Finding.Source {
    /// A fixed word for metrics.
    fileprivate var word: String {
        switch self {
        case .model: "model"
        case .rule: "rule"
        case .failure: "failure"
        }
    }
}

extension ClassifierError {
    /// A fixed word for metrics and records.
    var word: String {
        switch self {
        case .overloaded: "overloaded"
        case .deadlineExceeded: "deadline"
        case .failed: "failed"
        }
    }
}
