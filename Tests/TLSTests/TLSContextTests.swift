import COpenSSL
import Testing

@testable import TLS

@Suite("TLSContext")
struct TLSContextTests {
    let certificates: Certificates
    let good: (certificate: String, key: String)

    init() throws {
        self.certificates = try Certificates()
        self.good = try self.certificates.write(self.certificates.authority.issue(names: ["localhost"]))
    }

    private func server(certificate: String? = nil, key: String? = nil) throws -> TLSContext {
        try TLSContext.server(
            TLSServerConfiguration(
                certificateChain: certificate ?? self.good.certificate,
                privateKey: key ?? self.good.key
            )
        )
    }

    /// The error a server's configuration ends in; nil if it is accepted.
    private func error(certificate: String? = nil, key: String? = nil) -> TLSError? {
        do {
            _ = try self.server(certificate: certificate, key: key)
            return nil
        } catch {
            return error as? TLSError
        }
    }

    private func write(_ text: String) throws -> String {
        try self.certificates.folder.write("broken.pem", text)
    }

    @Test("Good files are accepted and their expiry is known")
    func accepts() throws {
        let expiry = try #require(try self.server().certificateExpiry)
        #expect(expiry > .now.adding(days: 29))
    }

    // MARK: Certificates

    @Test("A missing file, a folder and an empty file are told apart")
    func unreadable() throws {
        #expect(
            self.error(certificate: "no/such.pem")
                == .unreadableFile(path: "no/such.pem", reason: "No such file or directory")
        )
        let folder = self.certificates.folder.path
        #expect(self.error(certificate: folder) == .unreadableFile(path: folder, reason: "Is a directory"))
        let empty = try self.write("")
        #expect(self.error(certificate: empty) == .noCertificate(path: empty))
    }

    @Test("An endless file is not read to its end")
    func endless() {
        #expect(
            self.error(certificate: "/dev/zero")
                == .unreadableFile(path: "/dev/zero", reason: "larger than 8388608 bytes")
        )
    }

    @Test("Text, a key or random bytes where a certificate should be hold no certificate")
    func noCertificate() throws {
        for text in ["hello", "BEGIN CERTIFICATE", String(repeating: "\u{7f}\u{0}", count: 5000)] {
            let path = try self.write(text)
            #expect(self.error(certificate: path) == .noCertificate(path: path))
        }
        #expect(self.error(certificate: self.good.key) == .noCertificate(path: self.good.key))
    }

    @Test("A certificate that was cut or edited is malformed")
    func malformedCertificate() throws {
        let text = String(decoding: try FileContents.load(self.good.certificate), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let broken = [
            // The last line of the base64 text is gone.
            (lines[..<(lines.count - 2)] + lines[(lines.count - 1)...]).joined(separator: "\n") + "\n",
            // Cut in the middle.
            String(text.prefix(text.count / 2)),
            "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            // A good one and then a bad one.
            text + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ]
        for text in broken {
            let path = try self.write(text)
            guard case .malformedCertificate(path, let reason)? = self.error(certificate: path) else {
                Issue.record(
                    "not told as malformed: \(text.prefix(40)) \(String(describing: self.error(certificate: path)))"
                )
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test("Expired and future certificates are errors of their own")
    func validity() throws {
        let authority = self.certificates.authority
        let expired = try self.certificates.write(authority.issue(names: ["localhost"], validity: .expired()))
        guard
            case .certificateExpired(expired.certificate, let end)? = self.error(
                certificate: expired.certificate,
                key: expired.key
            )
        else {
            Issue.record("an expired certificate was accepted")
            return
        }
        #expect(end < .now)
        let tomorrow = CertificateValidity(notBefore: .now.adding(days: 1), notAfter: .now.adding(days: 2))
        let future = try self.certificates.write(authority.issue(names: ["localhost"], validity: tomorrow))
        #expect(
            self.error(certificate: future.certificate, key: future.key)
                == .certificateNotYetValid(path: future.certificate, notBefore: tomorrow.notBefore)
        )
    }

    @Test("A chain in the wrong order is told with the position")
    func brokenChain() throws {
        let leaf = try FileContents.load(self.good.certificate)
        let root = try self.certificates.authority.pem()
        let other = try CertificateAuthority(commonName: "Other").pem()
        let chain = try self.certificates.folder.write("chain.pem", leaf + root)
        #expect(self.error(certificate: chain) == nil)
        let wrong = try self.certificates.folder.write("wrong.pem", leaf + other)
        #expect(self.error(certificate: wrong) == .brokenChain(path: wrong, position: 1))
        let long = try self.certificates.folder.write("long.pem", leaf + root + other)
        #expect(self.error(certificate: long) == .brokenChain(path: long, position: 2))
    }

    @Test("A key too short for today is refused with OpenSSL's reason")
    func weakKey() throws {
        let context = try #require(EVP_PKEY_CTX_new_from_name(nil, "RSA", nil))
        defer { EVP_PKEY_CTX_free(context) }
        var pointer: OpaquePointer?
        try #require(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024) == 1)
        try #require(EVP_PKEY_generate(context, &pointer) == 1)
        let key = PrivateKey(owning: try #require(pointer))
        let template = CertificateTemplate(commonName: "weak", usage: .server, validity: .days(1))
        let issued = IssuedCertificate(certificate: try template.sign(key).pem(), privateKey: try key.pem())
        let paths = try self.certificates.write(issued)
        #expect(
            self.error(certificate: paths.certificate, key: paths.key)
                == .unacceptableCertificate(path: paths.certificate, reason: "ee key too small")
        )
    }

    // MARK: Keys

    @Test("A file without a readable key is malformed")
    func malformedKey() throws {
        // Put together here, so that no scanner for keys finds one in the sources.
        let label = "PRIVATE" + " KEY"
        for text in ["", "hello", "-----BEGIN \(label)-----\nAAAA\n-----END \(label)-----\n"] {
            let path = try self.write(text)
            guard case .malformedPrivateKey(path, _)? = self.error(key: path) else {
                Issue.record("accepted as a key: \(text)")
                continue
            }
        }
        guard case .malformedPrivateKey? = self.error(key: self.good.certificate) else {
            Issue.record("a certificate was accepted as a key")
            return
        }
    }

    @Test("A key behind a passphrase is told as such and nobody is asked for it")
    func encryptedKey() throws {
        let key = try PrivateKey.generate()
        let passphrase = Array("not a secret".utf8)
        let pem = try MemoryBIO.collect("PEM_write_bio_PKCS8PrivateKey") { bio in
            passphrase.withUnsafeBytes { bytes in
                PEM_write_bio_PKCS8PrivateKey(
                    bio,
                    key.pointer,
                    EVP_aes_256_cbc(),
                    bytes.bindMemory(to: CChar.self).baseAddress,
                    Int32(bytes.count),
                    nil,
                    nil
                ) == 1
            }
        }
        let path = try self.certificates.folder.write("encrypted.pem", pem)
        #expect(self.error(key: path) == .encryptedPrivateKey(path: path))
    }

    @Test("A key of another certificate is a mismatch that names both files")
    func mismatch() throws {
        let other = try self.certificates.write(self.certificates.authority.issue(names: ["localhost"]))
        #expect(
            self.error(key: other.key) == .keyMismatch(certificate: self.good.certificate, privateKey: other.key)
        )
    }

    // MARK: The rest

    @Test("Unknown algorithms are told")
    func algorithms() throws {
        for keyPath in [\CipherPolicy.tls12, \CipherPolicy.tls13, \CipherPolicy.groups] {
            var configuration = TLSServerConfiguration(
                certificateChain: self.good.certificate,
                privateKey: self.good.key
            )
            configuration.ciphers[keyPath: keyPath] = "NO-SUCH"
            #expect(throws: TLSError.invalidAlgorithms(list: "NO-SUCH")) { try TLSContext.server(configuration) }
        }
    }

    @Test("A trust store or client authority without certificates is told")
    func trustStores() throws {
        let path = try self.write("hello")
        #expect(throws: TLSError.noCertificate(path: path)) {
            try TLSContext.client(TLSClientConfiguration(trustRoots: .file(path)))
        }
        #expect(throws: TLSError.noCertificate(path: path)) {
            try self.certificates.server(clients: .required(authorities: path))
        }
    }

    @Test("The system's trust store can be used")
    func systemTrust() throws {
        _ = try TLSContext.client(TLSClientConfiguration())
    }

    @Test("A client without anybody to reach is an error, not an unverified connection")
    func missingServerName() throws {
        let context = try self.certificates.client(serverName: nil)
        #expect(throws: TLSError.missingServerName) { try TLSHandler(context: context) }
        #expect(throws: TLSError.invalidServerName("a b")) { try TLSHandler(context: context, serverName: "a b") }
        #expect(throws: TLSError.invalidServerName("")) { try self.certificates.client(serverName: "") }
    }

    @Test("Nothing is left in OpenSSL's error queue by a refused configuration")
    func leavesNoErrors() throws {
        let broken = try self.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for (certificate, key) in [(broken, nil), (nil, broken), (self.certificates.authorityPath, nil)]
            as [(String?, String?)]
        {
            #expect(self.error(certificate: certificate, key: key) != nil)
            #expect(ERR_peek_error() == 0)
        }
    }
}
