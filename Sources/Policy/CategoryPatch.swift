package import GuardCore

/// What is said about a category, or about overall harm, where not everything is: by default, or to change what holds.
package struct CategoryPatch: Sendable, Equatable {
    package var threshold: Double?
    package var action: Action?
    package var response: ResponseStyle?
    package var rewrite: RewriteMethod?
    package var failureMode: CategoryPolicy.FailureMode?
    package var sample: Double?
    package var requiredRules: Set<String>?

    package init(
        threshold: Double? = nil,
        action: Action? = nil,
        response: ResponseStyle? = nil,
        rewrite: RewriteMethod? = nil,
        failureMode: CategoryPolicy.FailureMode? = nil,
        sample: Double? = nil,
        requiredRules: Set<String>? = nil
    ) {
        self.threshold = threshold
        self.action = action
        self.response = response
        self.rewrite = rewrite
        self.failureMode = failureMode
        self.sample = sample
        self.requiredRules = requiredRules
    }

    /// This, and where it says nothing, that.
    package func over(_ defaults: CategoryPatch) -> CategoryPatch {
        CategoryPatch(
            threshold: threshold ?? defaults.threshold,
            action: action ?? defaults.action,
            response: response ?? defaults.response,
            rewrite: rewrite ?? defaults.rewrite,
            failureMode: failureMode ?? defaults.failureMode,
            sample: sample ?? defaults.sample,
            requiredRules: requiredRules ?? defaults.requiredRules
        )
    }

    /// What holds once this is put over it. Another action brings its own failure mode, unless this says one.
    ///
    /// - Parameter policy: nil if the category is not judged.
    /// - Returns: nil if the category is not judged, and this says too little for it to be.
    package func applied(to policy: CategoryPolicy?) -> CategoryPolicy? {
        guard let threshold = threshold ?? policy?.threshold, let action = action ?? policy?.action else { return nil }
        return CategoryPolicy(
            threshold: threshold,
            action: action,
            response: response ?? policy?.response ?? .generated,
            rewrite: rewrite ?? policy?.rewrite ?? .steer(message: nil),
            failureMode: failureMode ?? (action == policy?.action ? policy?.failureMode : nil),
            sample: sample ?? policy?.sample ?? 1,
            requiredRules: requiredRules ?? policy?.requiredRules ?? []
        )
    }

    /// What holds about overall harm once this is put over it. An action of its own stays unless this says another; without one, a
    /// threshold alone leaves it to the likeliest category what is done.
    ///
    /// - Parameter overall: nil if overall harm is not judged.
    /// - Returns: nil if overall harm is not judged, and this says too little for it to be.
    package func applied(toOverall overall: OverallPolicy?) -> OverallPolicy? {
        if case .own(let own) = overall { return applied(to: own).map { .own($0) } }
        guard let threshold = threshold ?? overall?.threshold else { return nil }
        guard action != nil else { return .likeliestCategory(threshold: threshold) }
        return over(CategoryPatch(threshold: threshold)).applied(to: nil).map { .own($0) }
    }
}
