import Foundation
import NIOCore
import TLS
import Testing

@Suite("DevelopmentCertificates")
struct DevelopmentCertificatesTests {
    let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func server(_ files: DevelopmentCertificates) throws -> TLSContext {
        try .server(TLSServerConfiguration(certificateChain: files.certificate, privateKey: files.privateKey))
    }

    @Test(
        "A client that trusts the authority reaches the server by each of its names",
        arguments: ["localhost", "127.0.0.1", "::1", "guardian.test"]
    )
    func names(_ name: String) throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path, names: ["guardian.test", "localhost"])
        let client = try TLSContext.client(TLSClientConfiguration(trustRoots: .file(files.authority), serverName: name))
        let pair = try EmbeddedPair(client: client, server: self.server(files))
        try pair.connectAndExchange()
        #expect(pair.clientEvents.isHandshakeComplete)
        #expect(pair.clientEvents.tlsErrors == [])
    }

    @Test("The private key is readable by its owner only, and no other file is left")
    func permissions() throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: files.privateKey)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let listing = try FileManager.default.contentsOfDirectory(atPath: self.folder.path)
        #expect(listing.sorted() == ["ca.pem", "server-key.pem", "server.pem"])
    }

    @Test("The folder is made where it is missing")
    func makesFolder() throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path("a/b"))
        #expect(files.certificate == self.folder.path("a/b/server.pem"))
        _ = try self.server(files)
    }

    @Test("Valid certificates are replaced only on demand")
    func refusesToOverwrite() throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path)
        let before = try Data(contentsOf: URL(fileURLWithPath: files.certificate))
        #expect(throws: TLSError.fileExists(path: files.authority)) {
            try DevelopmentCertificates.make(in: self.folder.path)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: files.certificate)) == before)
        try DevelopmentCertificates.make(in: self.folder.path, overwrite: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: files.certificate)) != before)
    }

    @Test("What a server cannot show, or no client could trust, is found and named")
    func checks() throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path)
        try files.check()
        for path in [files.authority, files.certificate, files.privateKey] {
            let contents = try String(contentsOfFile: path, encoding: .utf8)
            _ = try self.folder.write(URL(fileURLWithPath: path).lastPathComponent, "cut off")
            let junk = #expect(throws: TLSError.self) { try files.check() }
            #expect(junk?.description.contains(path) == true)
            try FileManager.default.removeItem(atPath: path)
            let missing = #expect(throws: TLSError.self) { try files.check() }
            #expect(missing?.description.contains(path) == true)
            _ = try self.folder.write(URL(fileURLWithPath: path).lastPathComponent, contents)
        }
        try files.check()
    }

    @Test("A file of that name that is no certificate of ours is kept")
    func keepsForeignFiles() throws {
        let path = try self.folder.write("server-key.pem", "somebody's own")
        #expect(throws: TLSError.fileExists(path: path)) { try DevelopmentCertificates.make(in: self.folder.path) }
    }

    @Test("Expired certificates are replaced without asking")
    func replacesExpired() throws {
        let old = try DevelopmentCertificates.make(in: self.folder.path, validity: .expired())
        #expect(old.hasExpired)
        let new = try DevelopmentCertificates.make(in: self.folder.path)
        #expect(!new.hasExpired)
        let expiry = try #require(try self.server(new).certificateExpiry)
        #expect(expiry > .now.adding(days: 89) && expiry < .now.adding(days: 91))
    }

    @Test(
        "Names that would say more than a name in OpenSSL's language are refused",
        arguments: ["a,DNS:b.test", "a b", "", "email:copy", "*.*.test", "*", "a\nb"]
    )
    func hostileNames(_ name: String) {
        #expect(throws: TLSError.invalidCertificateName(name)) {
            try DevelopmentCertificates.make(in: self.folder.path, names: [name])
        }
    }

    @Test("A folder that cannot be written to is named")
    func unwritable() throws {
        let file = try self.folder.write("file", "")
        #expect(throws: TLSError.self) { try DevelopmentCertificates.make(in: file + "/below") }
    }
}
