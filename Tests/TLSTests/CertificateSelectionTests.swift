import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite("Certificate selection")
struct CertificateSelectionTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    /// A server whose default is for a.example and that has certificates for b.example and *.c.example beside it.
    private func server(
        protocols: [String] = [],
        clients: TLSServerConfiguration.ClientCertificates = .ignored
    ) throws -> TLSContext {
        let first = try self.certificates.write(self.certificates.authority.issue(names: ["a.example"]))
        let others = try [["b.example"], ["*.c.example"]].map { names in
            let files = try self.certificates.write(self.certificates.authority.issue(names: names))
            return ServerIdentity(certificateChain: files.certificate, privateKey: files.key)
        }
        return try TLSContext.server(
            TLSServerConfiguration(
                certificateChain: first.certificate,
                privateKey: first.key,
                additionalIdentities: others,
                applicationProtocols: protocols,
                clientCertificates: clients
            )
        )
    }

    private func connect(_ client: TLSContext, _ server: TLSContext) throws -> EmbeddedPair {
        let pair = try EmbeddedPair(client: client, server: server)
        try pair.connectAndExchange()
        return pair
    }

    @Test(
        "The client gets the certificate that is for the name it asks for",
        arguments: ["a.example", "b.example", "B.EXAMPLE", "x.c.example"],
        TLSVersion.allCases
    )
    func chooses(_ name: String, _ version: TLSVersion) throws {
        let client = try self.certificates.client(serverName: name, maximumVersion: version)
        let pair = try self.connect(client, self.server())
        #expect(pair.clientEvents.isHandshakeComplete, "\(pair.clientEvents.errors)")
        pair.client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        try pair.exchange()
        #expect(pair.serverEvents.text == "hello")
    }

    @Test("A name that no certificate is for gets the default", arguments: ["d.example", "c.example", "x.y.c.example"])
    func unknown(_ name: String) throws {
        let pair = try self.connect(self.certificates.client(serverName: name), self.server())
        #expect(pair.clientEvents.tlsErrors == [.peerVerificationFailed(.nameMismatch)])
    }

    @Test("Protocols are agreed on whichever certificate is shown", arguments: ["a.example", "b.example"])
    func protocols(_ name: String) throws {
        let pair = try self.connect(
            self.certificates.client(serverName: name, protocols: ["http/1.1", "h2"]),
            self.server(protocols: ["h2", "http/1.1"])
        )
        #expect(pair.clientEvents.events.contains(.handshake(protocol: "h2")))
    }

    @Test("Clients are asked for a certificate whichever one is shown", arguments: ["a.example", "b.example"])
    func clientCertificates(_ name: String) throws {
        let server = try self.server(clients: .required(authorities: self.certificates.authorityPath))
        let without = try self.connect(self.certificates.client(serverName: name), server)
        #expect(!without.serverEvents.isHandshakeComplete)
        let identity = try self.certificates.authority.issue(names: ["someone"], usage: .client)
        let with = try self.connect(self.certificates.client(serverName: name, identity: identity), server)
        #expect(with.serverEvents.isHandshakeComplete)
    }

    @Test("The expiry that is told is the earliest")
    func expiry() throws {
        let first = try self.certificates.write(self.certificates.authority.issue(names: ["a.example"]))
        let soon = try self.certificates.write(
            self.certificates.authority.issue(names: ["b.example"], validity: .days(1))
        )
        let context = try TLSContext.server(
            TLSServerConfiguration(
                certificateChain: first.certificate,
                privateKey: first.key,
                additionalIdentities: [ServerIdentity(certificateChain: soon.certificate, privateKey: soon.key)]
            )
        )
        let expiry = try #require(context.certificateExpiry)
        #expect(expiry < .now.adding(days: 2))
    }

    @Test("A bad certificate among the further ones is named")
    func names() throws {
        let first = try self.certificates.write(self.certificates.authority.issue(names: ["a.example"]))
        #expect(throws: TLSError.unreadableFile(path: "no/such.pem", reason: "No such file or directory")) {
            try TLSContext.server(
                TLSServerConfiguration(
                    certificateChain: first.certificate,
                    privateKey: first.key,
                    additionalIdentities: [ServerIdentity(certificateChain: "no/such.pem", privateKey: first.key)]
                )
            )
        }
    }
}
