package import GuardCore

/// What is done otherwise about some requests.
package struct PolicyOverride: Sendable, Equatable {
    /// For people and records.
    package var name: String
    package var when: ScopePattern
    package var then: PolicyPatch

    package init(name: String, when: ScopePattern, then: PolicyPatch) {
        self.name = name
        self.when = when
        self.then = then
    }
}

/// A part of a policy that takes the place of what the policy says itself.
package struct PolicyPatch: Sendable, Equatable {
    package var mode: Policy.Mode?
    package var input: PhasePatch
    package var output: PhasePatch
    package var stream: StreamPatch
    /// Ids of rules that do not hold.
    package var excludedRules: Set<String>

    package init(
        mode: Policy.Mode? = nil,
        input: PhasePatch = PhasePatch(),
        output: PhasePatch = PhasePatch(),
        stream: StreamPatch = StreamPatch(),
        excludedRules: Set<String> = []
    ) {
        self.mode = mode
        self.input = input
        self.output = output
        self.stream = stream
        self.excludedRules = excludedRules
    }
}

/// What changes in a phase.
package struct PhasePatch: Sendable, Equatable {
    /// What changes about one category, or about overall harm.
    package enum Change<Value: Sendable & Equatable>: Sendable, Equatable {
        /// It is not judged.
        case ignored
        case set(Value)
    }

    package var roles: Set<Role>?
    package var overall: Change<CategoryPatch>?
    package var anomaly: Change<AnomalyPolicy>?
    package var media: MediaHandling?
    package var categories: [HarmCategory: Change<CategoryPatch>]

    package init(
        roles: Set<Role>? = nil,
        overall: Change<CategoryPatch>? = nil,
        anomaly: Change<AnomalyPolicy>? = nil,
        media: MediaHandling? = nil,
        categories: [HarmCategory: Change<CategoryPatch>] = [:]
    ) {
        self.media = media
        self.roles = roles
        self.overall = overall
        self.anomaly = anomaly
        self.categories = categories
    }

    /// The phase with this over it.
    ///
    /// - Parameters:
    ///   - policy: what this changes, with what less specific overrides made of it.
    ///   - base: what holds without any override, if that is another. A category that one of them ignores is changed from there:
    ///     to ignore it for many is not to ignore it for the few that more is said about.
    package func applied(to policy: PhasePolicy, over base: PhasePolicy? = nil) -> PhasePolicy {
        let base = base ?? policy
        var policy = policy
        policy.roles = roles ?? policy.roles
        policy.media = media ?? policy.media
        switch overall {
        case .ignored: policy.overall = nil
        case .set(let patch): policy.overall = patch.applied(toOverall: policy.overall ?? base.overall)
        case nil: break
        }
        switch anomaly {
        case .ignored: policy.anomaly = nil
        case .set(let anomaly): policy.anomaly = anomaly
        case nil: break
        }
        for (category, change) in categories {
            switch change {
            case .ignored: policy.categories[category] = nil
            case .set(let patch):
                let changed = policy.categories[category] ?? base.categories[category]
                policy.categories[category] = patch.applied(to: changed)
            }
        }
        return policy
    }
}

/// What changes about how streamed answers travel.
package struct StreamPatch: Sendable, Equatable {
    package var mode: StreamPolicy.Mode?
    package var tokens: Int?
    package var delay: Duration?
    package var bytes: Int?

    package init(mode: StreamPolicy.Mode? = nil, tokens: Int? = nil, delay: Duration? = nil, bytes: Int? = nil) {
        self.mode = mode
        self.tokens = tokens
        self.delay = delay
        self.bytes = bytes
    }

    package func applied(to policy: StreamPolicy) -> StreamPolicy {
        var policy = policy
        policy.mode = mode ?? policy.mode
        policy.holdBack.tokens = tokens ?? policy.holdBack.tokens
        policy.holdBack.delay = delay ?? policy.holdBack.delay
        policy.holdBack.bytes = bytes ?? policy.holdBack.bytes
        return policy
    }
}

extension PolicyPatch {
    /// The policy with this over it. Its overrides stay: they were chosen from before.
    ///
    /// - Parameters:
    ///   - policy: what this changes, with what less specific overrides made of it.
    ///   - base: what holds without any override, if that is another.
    package func applied(to policy: Policy, over base: Policy? = nil) -> Policy {
        var policy = policy
        policy.mode = mode ?? policy.mode
        policy.input = input.applied(to: policy.input, over: base?.input)
        policy.output = output.applied(to: policy.output, over: base?.output)
        policy.stream = stream.applied(to: policy.stream)
        if !excludedRules.isEmpty { policy.rules.removeAll { excludedRules.contains($0.id) } }
        return policy
    }
}

extension Policy {
    /// The positions of the overrides that hold for a request, the one that counts most first: the most specific, and of
    /// equally specific ones the first of the file.
    package func overrides(for scope: RequestScope) -> [Int] {
        overrides.indices.filter { overrides[$0].when.fits(scope) }.sorted {
            (-overrides[$0].when.specificity, $0) < (-overrides[$1].when.specificity, $1)
        }
    }

    /// What holds with these overrides, the one that counts most first.
    package func overridden(by positions: [Int]) -> Policy {
        positions.reversed().reduce(self) { $1 < overrides.count ? overrides[$1].then.applied(to: $0, over: self) : $0 }
    }

    /// What holds for a request.
    package func policy(for scope: RequestScope) -> Policy { overridden(by: overrides(for: scope)) }
}
