import COpenSSL

@testable import TLS

/// An authority and what it issued, as files in a folder of the test's own. Nothing of it outlives the test.
final class Certificates {
    let folder: TemporaryFolder
    let authority: CertificateAuthority
    /// Path of the authority's certificate.
    let authorityPath: String
    private var count = 0

    init() throws {
        self.folder = try TemporaryFolder()
        self.authority = try CertificateAuthority(commonName: "Test authority")
        self.authorityPath = try self.folder.write("ca.pem", self.authority.pem())
    }

    /// Writes a certificate and its key and returns their paths.
    func write(_ issued: IssuedCertificate) throws -> (certificate: String, key: String) {
        self.count += 1
        return (
            try self.folder.write("\(self.count).pem", issued.certificate),
            try self.folder.write("\(self.count)-key.pem", issued.privateKey)
        )
    }

    func server(
        names: [String] = ["localhost", "127.0.0.1"],
        issued: IssuedCertificate? = nil,
        protocols: [String] = [],
        clients: TLSServerConfiguration.ClientCertificates = .ignored,
        minimumVersion: TLSVersion = .tls12
    ) throws -> TLSContext {
        let paths = try self.write(issued ?? self.authority.issue(names: names))
        return try TLSContext.server(
            TLSServerConfiguration(
                certificateChain: paths.certificate,
                privateKey: paths.key,
                minimumVersion: minimumVersion,
                applicationProtocols: protocols,
                clientCertificates: clients
            )
        )
    }

    func client(
        serverName: String? = "localhost",
        protocols: [String] = [],
        maximumVersion: TLSVersion = .tls13,
        identity: IssuedCertificate? = nil
    ) throws -> TLSContext {
        var configuration = TLSClientConfiguration(
            trustRoots: .file(self.authorityPath),
            serverName: serverName,
            applicationProtocols: protocols
        )
        if let identity {
            let paths = try self.write(identity)
            configuration.identity = .init(certificateChain: paths.certificate, privateKey: paths.key)
        }
        let context = try TLSContext.client(configuration)
        // The product has no use for an upper limit; tests need it to meet the older version.
        SSL_CTX_ctrl(context.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion.wireValue), nil)
        return context
    }
}
