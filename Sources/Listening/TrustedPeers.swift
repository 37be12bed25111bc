/// The peers that may say in a PROXY header whose connection it is that they pass on.
///
/// From them the header is required, from nobody else is it taken: whoever may write it can be any client it likes.
package struct TrustedPeers: Sendable, Hashable {
    package var networks: [IPNetwork]
    /// Peers that come by unix socket: whoever may open the socket's file.
    package var includesUnixSockets: Bool

    package init(_ networks: [IPNetwork] = [], includesUnixSockets: Bool = false) {
        self.networks = networks
        self.includesUnixSockets = includesUnixSockets
    }

    /// - Parameter peer: the address of the socket's other end; nil for a unix socket.
    package func contains(_ peer: IPAddress?) -> Bool {
        guard let peer else { return self.includesUnixSockets }
        return self.networks.contains { $0.contains(peer) }
    }
}
