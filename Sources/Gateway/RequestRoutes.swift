import ChatAPI
package import Policy

extension RequestScope {
    /// What the `route` of an override is held against where requests are named by their paths or by their APIs: these names, and that
    /// of the API behind each path, as a guarded request has them.
    package static func routes(_ names: [String]) -> [String] {
        names + names.compactMap { Endpoint(method: "POST", path: $0)?.name }
    }
}
