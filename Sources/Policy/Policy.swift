package import GuardCore

/// One compiled policy: immutable, shared by all connections, free of any trace of the file it came from but its name
/// and digest.
package struct Policy: Sendable, Equatable {
    /// What the deciding does with its decisions.
    package enum Mode: String, Sendable, CaseIterable {
        /// Decisions are acted on.
        case enforce
        /// Decisions are recorded, never acted on, and never delay a stream.
        case shadow
    }

    package var name: String
    /// Lower-case hexadecimal SHA-256 of the policy text, so that an audit record names what decided. Empty for policies built in code.
    package var digest: String
    package var mode: Mode
    package var input: PhasePolicy
    package var output: PhasePolicy
    /// How a streamed answer travels while it is judged.
    package var stream: StreamPolicy
    /// In file order; ids are unique.
    package var rules: [Rule]
    /// What is done otherwise about some requests, in file order.
    package var overrides: [PolicyOverride]

    package init(
        name: String,
        digest: String = "",
        mode: Mode = .enforce,
        input: PhasePolicy = PhasePolicy(),
        output: PhasePolicy = PhasePolicy(),
        stream: StreamPolicy = StreamPolicy(),
        rules: [Rule] = [],
        overrides: [PolicyOverride] = []
    ) {
        self.name = name
        self.digest = digest
        self.mode = mode
        self.input = input
        self.output = output
        self.stream = stream
        self.rules = rules
        self.overrides = overrides
    }

    package subscript(phase: Phase) -> PhasePolicy {
        switch phase {
        case .input: input
        case .output: output
        }
    }
}

/// What holds for one phase.
package struct PhasePolicy: Sendable, Equatable {
    /// Categories that are judged in this phase. A category that is absent is scored, but never a finding.
    package var categories: [HarmCategory: CategoryPolicy]
    /// What is done about the probability of any harm at all; nil is nothing.
    package var overall: OverallPolicy?
    /// Whose words are inspected. Others are counted as unscanned in the audit record.
    package var roles: Set<Role>
    /// What is done once the rules add up to too much; nil is nothing.
    package var anomaly: AnomalyPolicy?
    /// What is done with what is no text.
    package var media: MediaHandling

    package init(
        categories: [HarmCategory: CategoryPolicy] = [:],
        overall: OverallPolicy? = nil,
        roles: Set<Role> = Set(Role.allCases),
        anomaly: AnomalyPolicy? = nil,
        media: MediaHandling = .pass
    ) {
        self.media = media
        self.categories = categories
        self.overall = overall
        self.roles = roles
        self.anomaly = anomaly
    }
}
