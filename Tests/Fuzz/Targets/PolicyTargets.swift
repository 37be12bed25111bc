import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Rules

extension FuzzTarget {
    /// A policy file: refused with errors that have a place in it, or read, explained, and tuned without another change.
    static func readPolicy(_ input: UnsafeRawBufferPointer) -> Bool {
        let bytes = Array(input)
        let policy: Policy
        do throws(PolicyError) {
            policy = try PolicyTrial.loader.load(bytes: bytes, file: PolicyTrial.file)
        } catch {
            precondition(!error.diagnostics.isEmpty, "refused without a word")
            precondition(error.description.unicodeScalars.allSatisfy(PolicyTrial.isShown), "the terminal is written to")
            for diagnostic in error.diagnostics {
                precondition(!diagnostic.message.isEmpty, "an error without words")
                precondition(diagnostic.mark.map { $0.line > 0 && $0.column > 0 } ?? true, "a place outside the file")
            }
            return false
        }
        precondition(PolicyDifference(from: policy, to: policy).changes.isEmpty, "a policy differs from itself")
        _ = PolicyExplanation(policy)
        _ = PolicyExplanation(policy, for: RequestScope(routes: ["openai.chat"], model: "m", tenant: "t"))
        PolicyTrial.tune(policy, bytes)
        return true
    }
}

/// What must hold of any policy that is read.
enum PolicyTrial {
    /// In no folder, so that nothing is included.
    static let file = "/nowhere/at/all/policy.yaml"
    static let loader = PolicyLoader(environment: { _ in nil }) { RegexSyntax.check(pattern: $0, ignoreCase: $1) }

    static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar.properties.generalCategory != .control
    }

    /// New thresholds change thresholds only.
    static func tune(_ policy: Policy, _ bytes: [UInt8]) {
        var wanted: [ThresholdKey: Double] = [:]
        for phase in Phase.allCases {
            for key in [ThresholdKey(phase, nil)] + HarmCategory.allCases.map({ ThresholdKey(phase, $0) })
            where policy[threshold: key] != nil { wanted[key] = 0.1234 }
        }
        guard let text = try? ThresholdText(bytes: bytes, file: file) else {
            preconditionFailure("it is no text any more")
        }
        let (changed, left) = text.setting(wanted)
        guard let tuned = try? loader.load(bytes: changed, file: file) else { preconditionFailure("tuning broke it") }
        for (key, threshold) in wanted where left[key] == nil {
            precondition(tuned[threshold: key] == threshold, "a threshold was not set")
        }
        let changes = PolicyDifference(from: policy, to: tuned).beyondThresholds
        precondition(changes.isEmpty, "more than a threshold has changed")
    }
}

extension FuzzSeeds {
    static let policies = [
        """
        version: 1
        name: a
        definitions: {grave: &grave {threshold: 0.5, action: block, response: template}}
        input:
          overall: {threshold: 0.9}  # note
          categories: {hate: {<<: *grave, threshold: 0.7}, weapons: *grave, privacy: ignore}
          others: {threshold: "${T:-0.8}", action: log, sample: 0.5}
        output: ignore
        """,
        """
        version: 1
        name: b
        input:
          others: {threshold: 1, action: rewrite, rewrite: {steer: "Take care."}}
          anomaly: {threshold: 5, action: log}
        output: {others: {threshold: 0.5, action: block, response: error}}
        stream: {mode: window, tokens: 24}
        paranoia: 2
        rules:
          - id: a.b
            tags: [t]
            category: privacy
            severity: error
            match: {keywords: ["x y"], regex: ['\\bKD-\\d{6}\\b', {pattern: 'a+b', ignore_case: true, checksum: luhn}]}
            action: rewrite
            rewrite: {mask: "[k]"}
            requires: {hate: 0.2}
            tests: {match: ["KD-123456"], pass: ["KD-1"]}
        overrides:
          - when: {route: openai.chat, model: ["m*"], tenant: t}
            then: {input: {categories: {hate: {threshold: 0.2}}}, exclude: {rules: [t]}}
        """,
    ]
}
