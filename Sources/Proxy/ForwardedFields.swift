import NIOCore
import NIOHTTP1

/// The fields by which the proxy tells its neighbours about itself and about the client.
struct ForwardedFields {
    /// `Via` (RFC 9110, 7.6.3) by the version that the client speaks: 1.0, 1.1, and 2.
    private let via: (String, String, String)
    /// Whether the upstream learns the client's address and the host it asked for.
    let describesClient: Bool

    /// - Parameter pseudonym: the name in `Via`.
    init(pseudonym: String, describesClient: Bool) {
        self.via = ("1.0 \(pseudonym)", "1.1 \(pseudonym)", "2.0 \(pseudonym)")
        self.describesClient = describesClient
    }

    /// Adds to a request on its way to the upstream; `original` is the host the client asked for.
    func add(to headers: inout HTTPHeaders, client: ClientInfo, host original: String?) {
        let version = client.version
        let via = version.major == 2 ? self.via.2 : version.minor > 0 ? self.via.1 : self.via.0
        headers.add(name: "via", value: via)
        headers.replaceOrAdd(name: "x-request-id", value: client.requestID)
        guard self.describesClient else { return }
        // A trusted proxy's word is passed on, and it is named behind it.
        let chain = client.forwarded
        let peer = chain == nil ? client.host : client.peer?.ipAddress
        let addresses = [chain?.addresses, peer].compactMap { $0 }.filter { !$0.isEmpty }
        if !addresses.isEmpty {
            headers.replaceOrAdd(name: "x-forwarded-for", value: addresses.joined(separator: ", "))
        }
        headers.replaceOrAdd(name: "x-forwarded-proto", value: chain?.scheme ?? (client.isTLS ? "https" : "http"))
        if let host = chain?.host ?? original {
            headers.replaceOrAdd(name: "x-forwarded-host", value: host)
        }
    }
}
