import COpenSSL
import Foundation
import Testing

@testable import TLS

@Suite("OCSP staple")
struct OCSPStapleTests {
    private let authority: Responder

    init() throws {
        self.authority = try Responder()
    }

    private func server(_ staple: String, withIssuer: Bool = false) throws -> TLSContext {
        try .server(
            TLSServerConfiguration(
                certificateChain: withIssuer ? self.authority.chain : self.authority.certificate,
                privateKey: self.authority.key,
                staple: staple
            )
        )
    }

    @Test("A response about the certificate is taken", arguments: [false, true])
    func good(_ withIssuer: Bool) throws {
        let response = try self.authority.respond(.good)
        #expect(try !self.server(response, withIssuer: withIssuer).hasOldStaple)
    }

    @Test("A response is handed out until its time is over, and an old one is no reason not to start")
    func old() throws {
        let path = try self.authority.respond(.good, seconds: 1000)
        let staple = try OCSPStaple(path: path, chain: Certificate.load(path: self.authority.certificate))
        #expect(staple.isCurrent())
        #expect(staple.isCurrent(at: .now.adding(seconds: 900)))
        #expect(!staple.isCurrent(at: .now.adding(seconds: 1100)))
        let old = try self.authority.respond(.good, seconds: -1000)
        #expect(try self.server(old).hasOldStaple)
    }

    @Test("A response is old once the certificate of its signer is, and that is no reason not to start")
    func oldSigner() throws {
        let expired = try self.authority.delegate(.expired())
        #expect(try self.server(self.authority.respond(.good, by: expired), withIssuer: true).hasOldStaple)
        let delegate = try self.authority.delegate(.days(1))
        let path = try self.authority.respond(.good, seconds: 3 * 86_400, by: delegate)
        let staple = try OCSPStaple(path: path, chain: Certificate.load(path: self.authority.chain))
        #expect(staple.isCurrent(at: .now.adding(seconds: 80_000)))
        #expect(!staple.isCurrent(at: .now.adding(seconds: 90_000)))
    }

    @Test("A response that would do harm is refused", arguments: [Responder.Word.revoked, .unknown, .aboutAnother])
    func harmful(_ word: Responder.Word) throws {
        let response = try self.authority.respond(word)
        #expect {
            _ = try self.server(response)
        } throws: { error in
            guard case TLSError.unusableStaple(response, _) = error else { return false }
            return true
        }
    }

    @Test("A response that another authority signed is refused where the issuer is known")
    func forged() throws {
        let response = try self.authority.respond(.good, signedBy: Responder())
        #expect(
            throws: TLSError.unusableStaple(path: response, reason: "it is not signed by the certificate's issuer")
        ) {
            _ = try self.server(response, withIssuer: true)
        }
    }

    @Test("What is no response is refused", arguments: ["", "no response", "\u{30}\u{3}\u{a}\u{1}\u{6}", "0"])
    func nonsense(_ text: String) throws {
        let path = try self.authority.folder.write("nonsense.der", text)
        #expect(throws: TLSError.self) { _ = try self.server(path) }
        #expect(throws: TLSError.self) { _ = try self.server(self.authority.folder.path("missing.der")) }
    }

    @Test("A response that is cut anywhere is refused")
    func cut() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: self.authority.respond(.good)))
        for length in stride(from: 1, to: whole.count, by: 7) {
            let path = try self.authority.folder.write("cut.der", whole.prefix(length))
            #expect(throws: TLSError.self) { _ = try self.server(path) }
        }
    }
}

/// An authority that says what became of the one certificate it issued.
final class Responder {
    enum Word: Sendable {
        case good, revoked, unknown, aboutAnother
    }

    struct Failure: Error {}

    let folder: TemporaryFolder
    let certificate: String
    let chain: String
    let key: String
    private let authority: Certificate
    private let authorityKey: PrivateKey
    private let leaf: Certificate
    private let other: Certificate

    init() throws {
        self.folder = try TemporaryFolder()
        let key = try PrivateKey.generate()
        let validity = CertificateValidity.days(2)
        let authority = try CertificateTemplate(commonName: "authority", usage: .authority, validity: validity).sign(
            key
        )
        func issue() throws -> (Certificate, PrivateKey) {
            let leafKey = try PrivateKey.generate()
            let template = CertificateTemplate(
                commonName: "localhost",
                names: ["localhost"],
                usage: .server,
                validity: validity
            )
            return (try template.sign(leafKey, issuer: (authority, key)), leafKey)
        }
        let (leaf, leafKey) = try issue()
        self.authority = authority
        self.authorityKey = key
        self.leaf = leaf
        self.other = try issue().0
        self.certificate = try self.folder.write("server.pem", leaf.pem())
        self.chain = try self.folder.write("chain.pem", leaf.pem() + authority.pem())
        self.key = try self.folder.write("server-key.pem", leafKey.pem())
    }

    /// Whoever signs responses for the authority, as long as the certificate is valid.
    func delegate(_ validity: CertificateValidity) throws -> (certificate: Certificate, key: PrivateKey) {
        let key = try PrivateKey.generate()
        let template = CertificateTemplate(commonName: "responder", usage: .server, validity: validity)
        let certificate = try template.sign(key, issuer: (self.authority, self.authorityKey))
        let pointer = certificate.pointer
        X509_EXTENSION_free(X509_delete_ext(pointer, X509_get_ext_by_NID(pointer, NID_ext_key_usage, -1)))
        guard let usage = X509V3_EXT_conf_nid(nil, nil, NID_ext_key_usage, "OCSPSigning") else { throw Failure() }
        defer { X509_EXTENSION_free(usage) }
        guard X509_add_ext(pointer, usage, -1) == 1,
            X509_sign(pointer, self.authorityKey.pointer, EVP_sha256()) > 0
        else { throw Failure() }
        return (certificate, key)
    }

    /// Writes a response that is valid for some seconds from now on.
    ///
    /// - Returns: its path.
    func respond(_ word: Word, seconds: Int = 3600, signedBy signer: Responder? = nil) throws -> String {
        let signer = signer ?? self
        return try self.respond(word, seconds: seconds, by: (signer.authority, signer.authorityKey))
    }

    /// Writes one that is signed with this certificate.
    func respond(
        _ word: Word,
        seconds: Int = 3600,
        by signer: (certificate: Certificate, key: PrivateKey)
    ) throws -> String {
        let subject = word == .aboutAnother ? self.other : self.leaf
        let from = X509_gmtime_adj(nil, min(0, seconds) - 60)
        let until = X509_gmtime_adj(nil, seconds)
        defer {
            ASN1_TIME_free(from)
            ASN1_TIME_free(until)
        }
        guard let basic = OCSP_BASICRESP_new() else { throw Failure() }
        defer { OCSP_BASICRESP_free(basic) }
        let id = OCSP_cert_to_id(nil, subject.pointer, self.authority.pointer)
        defer { OCSP_CERTID_free(id) }
        let status =
            switch word {
            case .good, .aboutAnother: V_OCSP_CERTSTATUS_GOOD
            case .revoked: V_OCSP_CERTSTATUS_REVOKED
            case .unknown: V_OCSP_CERTSTATUS_UNKNOWN
            }
        guard OCSP_basic_add1_status(basic, id, status, 0, from, from, until) != nil,
            OCSP_basic_sign(
                basic,
                signer.certificate.pointer,
                signer.key.pointer,
                EVP_sha256(),
                nil,
                0
            ) == 1,
            let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        else { throw Failure() }
        defer { OCSP_RESPONSE_free(response) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = i2d_OCSP_RESPONSE(response, &bytes)
        guard length > 0, let bytes else { throw Failure() }
        defer { CRYPTO_free(bytes, #file, #line) }
        return try self.folder.write("\(word).der", UnsafeBufferPointer(start: bytes, count: Int(length)))
    }
}
