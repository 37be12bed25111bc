import NIOCore
import NIOHTTP1

/// The fields by which the proxy tells its neighbours about itself and about the client.
struct ForwardedFields {
    /// The name in `Via` (RFC 9110, 7.6.3).
    let pseudonym: String
    /// Whether the upstream learns the client's address and the host it asked for.
    let describesClient: Bool

    /// Adds to a request on its way to the upstream; `original` is the host the client asked for.
    func add(to headers: inout HTTPHeaders, client: ClientInfo, host original: String?) {
        let version = client.version
        headers.add(name: "via", value: "\(version.major).\(version.minor) \(self.pseudonym)")
        headers.replaceOrAdd(name: "x-request-id", value: client.requestID)
        guard self.describesClient else { return }
        if let address = client.address?.ipAddress {
            headers.replaceOrAdd(name: "x-forwarded-for", value: address)
        }
        headers.replaceOrAdd(name: "x-forwarded-proto", value: client.isTLS ? "https" : "http")
        if let original {
            headers.replaceOrAdd(name: "x-forwarded-host", value: original)
        }
    }
}
