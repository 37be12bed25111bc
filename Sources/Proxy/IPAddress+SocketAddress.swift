package import Listening
package import NIOCore

extension IPAddress {
    /// Nil for a unix socket and for no address at all.
    package init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        // A link-local address may carry the name of its interface.
        self.init(String(text.prefix { $0 != "%" }))
    }
}
