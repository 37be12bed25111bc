/// A certificate a server can show, and its key.
package struct ServerIdentity: Sendable, Hashable {
    /// Path of a PEM file: the server's certificate first, then each issuer up to, not including, the root.
    package var certificateChain: String
    /// Path of a PEM file with the unencrypted private key of the first certificate.
    package var privateKey: String
    /// Path of a DER file: an OCSP response about the certificate, which clients that ask are given.
    package var staple: String?

    package init(certificateChain: String, privateKey: String, staple: String? = nil) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.staple = staple
    }
}
