import Listening
import NIOCore
import NIOHTTP1

/// Who is at the other end of a client's connection: what is the same for all its requests.
struct ConnectionPeer {
    /// The socket's other end, or what a PROXY header says in its place; nil for a connection without an address.
    let address: SocketAddress?
    /// The address in words, without the port.
    let host: String?
    let isTLS: Bool
    /// Whether it showed a certificate in the handshake.
    var hasCertificate = false
    /// Whose `X-Forwarded-*` fields are believed, if the peer is one of them; empty for any other.
    private let proxies: [IPNetwork]

    /// - Parameter trustedProxies: of the listener.
    init(_ address: SocketAddress?, isTLS: Bool, trustedProxies: [IPNetwork] = []) {
        self.address = address
        self.host = address?.ipAddress
        self.isTLS = isTLS
        let own = trustedProxies.isEmpty ? nil : IPAddress(address)
        let isProxy = own.map { own in trustedProxies.contains { $0.contains(own) } } ?? false
        self.proxies = isProxy ? trustedProxies : []
    }

    /// Who sent a request.
    func client(of head: HTTPRequestHead, requestID: String, version: HTTPVersion) -> ClientInfo {
        var client = ClientInfo(
            address: self.address,
            host: self.host,
            requestID: requestID,
            isTLS: self.isTLS,
            version: version
        )
        client.hasCertificate = self.hasCertificate
        guard !self.proxies.isEmpty else { return client }
        let chain = ForwardedChain(head.headers, trusted: self.proxies)
        client.forwarded = chain
        if let address = chain.client {
            client.host = address.description
            client.address = try? SocketAddress(ipAddress: address.description, port: 0)
        }
        return client
    }
}
