/// Which algorithms a context offers, in OpenSSL's own notation.
package struct CipherPolicy: Sendable, Hashable {
    /// Cipher suites of TLS 1.3, separated by colons.
    package var tls13: String
    /// Cipher suites of TLS 1.2, separated by colons.
    package var tls12: String
    /// Groups for the key exchange, separated by colons, the preferred first.
    package var groups: String

    /// Only suites with forward secrecy and authenticated encryption, and only groups without known weakness.
    package static let modern = CipherPolicy(
        tls13: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        tls12: [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        ].joined(separator: ":"),
        groups: "X25519:P-256:P-384"
    )

    package init(tls13: String, tls12: String, groups: String) {
        self.tls13 = tls13
        self.tls12 = tls12
        self.groups = groups
    }
}
