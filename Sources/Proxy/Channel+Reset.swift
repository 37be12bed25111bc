import NIOCore
import TLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Channel {
    /// From now on `close()` breaks the connection off, which over TCP and TLS no client takes for an end: TCP resets it, and TLS says no
    /// word before. A unix socket without TLS knows no such thing, and ends as ever.
    ///
    /// To be called on the channel's event loop.
    func closesByReset() {
        if let tls = try? self.pipeline.syncOperations.handler(type: TLSHandler.self) {
            tls.closesWithoutNotice = true
        }
        let atOnce = linger(l_onoff: 1, l_linger: 0)
        // Fails only where the connection is gone already.
        _ = (self as? any SocketOptionProvider)?.setSoLinger(atOnce)
    }
}
