import COpenSSL

/// The server's part of ALPN: chooses among the client's offers by the server's preference (RFC 7301, section 3.2).
final class ProtocolSelection: Sendable {
    private let protocols: ApplicationProtocols

    init(_ protocols: ApplicationProtocols) {
        self.protocols = protocols
    }

    /// The callback that OpenSSL calls when a client sent the extension. `argument` is this object, unretained.
    static let callback:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
            UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32 = { _, chosen, chosenLength, offer, offerLength, argument in
            guard let chosen, let chosenLength, let offer, let argument else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            let selection = Unmanaged<ProtocolSelection>.fromOpaque(argument).takeUnretainedValue()
            let list = UnsafeBufferPointer(start: offer, count: Int(offerLength))
            // A fatal no_application_protocol rather than no answer: going on without agreement would let one
            // protocol's bytes be taken for another's.
            guard let range = selection.protocols.select(from: list) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            chosen.pointee = offer + range.lowerBound
            chosenLength.pointee = UInt8(range.count)
            return SSL_TLSEXT_ERR_OK
        }
}
