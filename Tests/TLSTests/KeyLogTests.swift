import Foundation
import NIOCore
import Testing

@testable import TLS

@Suite struct KeyLogTests {
    @Test func theSecretsOfAConnectionAreWrittenWhereItIsTurnedOnAndNowhereElse() throws {
        let folder = try TemporaryFolder()
        let files = try DevelopmentCertificates.make(in: folder.path)
        let path = folder.path + "/keys.log"
        var configuration = TLSServerConfiguration(certificateChain: files.certificate, privateKey: files.privateKey)
        configuration.keyLog = try KeyLog(path: path)
        let client = try TLSContext.client(.init(trustRoots: .file(files.authority), serverName: "localhost"))
        try EmbeddedPair(client: client, server: .server(configuration)).connectAndExchange()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        // The NSS key log of TLS 1.3: a label, the client's random bytes, the secret.
        let labels = Set(lines.map { $0.prefix { $0 != " " } })
        #expect(labels.isSuperset(of: ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"]))
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        configuration.keyLog = nil
        try EmbeddedPair(client: client, server: .server(configuration)).connectAndExchange()
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == lines.count)
    }

    @Test func certificatesChosenBySNIAreLoggedToo() throws {
        let folder = try TemporaryFolder()
        let files = try DevelopmentCertificates.make(in: folder.path)
        let path = folder.path + "/keys.log"
        var configuration = TLSServerConfiguration(certificateChain: files.certificate, privateKey: files.privateKey)
        configuration.additionalIdentities = [
            ServerIdentity(certificateChain: files.certificate, privateKey: files.privateKey)
        ]
        configuration.keyLog = try KeyLog(path: path)
        let client = try TLSContext.client(.init(trustRoots: .file(files.authority), serverName: "localhost"))
        try EmbeddedPair(client: client, server: .server(configuration)).connectAndExchange()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("CLIENT_TRAFFIC_SECRET_0 "))
    }

    @Test func aFileThatCannotBeOpenedIsSaid() {
        #expect(throws: TLSError.self) { try KeyLog(path: "/nowhere/at/all/keys.log") }
    }
}
