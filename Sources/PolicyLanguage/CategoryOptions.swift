import GuardCore
import Policy

/// What a file says about a category, or about categories by default, before the two are joined.
struct CategoryOptions {
    var threshold: Double?
    var action: Action?
    var response: ResponseStyle?
    var rewrite: RewriteMethod?
    var failureMode: CategoryPolicy.FailureMode?

    /// These, and where they say nothing, those.
    func over(_ defaults: CategoryOptions) -> CategoryOptions {
        CategoryOptions(
            threshold: threshold ?? defaults.threshold,
            action: action ?? defaults.action,
            response: response ?? defaults.response,
            rewrite: rewrite ?? defaults.rewrite,
            failureMode: failureMode ?? defaults.failureMode
        )
    }
}
