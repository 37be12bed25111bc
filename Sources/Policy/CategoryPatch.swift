package import GuardCore

/// What is said about a category where not everything is: by default, or to change what holds.
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
}
