import Audit
import Guard
import GuardCore
import Policy
import Proxy

/// What the gateway counts. The names are documented in README.md, "Metrics".
final class GatewayMetrics: Sendable {
    let registry = Metrics()
    private let requests: Counter
    private let decisions: Counter
    private let findings: Counter
    private let failures: Counter
    private let unscanned: Counter
    private let safeguards: Counter
    private let duration: Histogram
    private let stages: Histogram
    private let judgedTokens: Counter
    private let reloads: Counter

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
            help: "Reasons for decisions by phase, category, action and source (model, rule, failure).",
            labels: ["phase", "category", "action", "source"]
        )
        failures = registry.counter(
            "guardian_model_failures_total",
            help: "Texts the model gave no score for, by phase and reason.",
            labels: ["phase", "reason"]
        )
        unscanned = registry.counter(
            "guardian_unscanned_strings_total",
            help: "Strings that nobody read, by phase.",
            labels: ["phase"]
        )
        safeguards = registry.counter(
            "guardian_safeguard_responses_total",
            help: "Safeguard responses by where the words came from and why a template was used.",
            labels: ["origin", "reason"]
        )
        judgedTokens = registry.counter("guardian_judged_tokens_total", help: "Tokens the model read to judge.")
        reloads = registry.counter(
            "guardian_reloads_total",
            help: "Times that a file was read again, by what (policy, certificates) and result.",
            labels: ["what", "result"]
        )
        duration = registry.histogram(
            "guardian_request_duration_seconds",
            help: "From the request head to the end of the reply."
        )
        stages = registry.histogram(
            "guardian_stage_duration_seconds",
            help: "Time by stage: rules, model, upstream.",
            labels: ["stage"]
        )
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

    func countReload(_ what: String, _ outcome: CertificateWatch.Outcome) {
        reloads.increment([what, outcome.rawValue])
    }

    func countUnscanned(_ strings: Int, phase: Phase) {
        if strings > 0 { unscanned.increment([phase.rawValue], by: UInt64(strings)) }
    }

    func count(_ response: AuditRecord.ResponseRecord) {
        safeguards.increment([response.origin.rawValue, response.fallbackReason ?? ""])
    }

    func count(_ summary: ExchangeSummary) {
        requests.increment([summary.status.map(String.init) ?? "none", summary.fault?.rawValue ?? ""])
        duration.observe(summary.duration)
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
    /// A fixed word for metrics.
    fileprivate var word: String {
        switch self {
        case .overloaded: "overloaded"
        case .deadlineExceeded: "deadline"
        case .failed: "failed"
        }
    }
}
