import Foundation
import Testing

@testable import TLS

/// OCSP responses that OpenSSL's own responder made, handed out to OpenSSL's own client.
@Suite("OCSP staple", .enabled(if: CommandLineTool.openssl != nil), .timeLimit(.minutes(2)))
struct OCSPStapleTests {
    private let authority: CommandLineAuthority

    init() async throws {
        self.authority = try await CommandLineAuthority()
    }

    private func server(_ staple: String?, withIssuer: Bool = false) throws -> TLSContext {
        try .server(
            TLSServerConfiguration(
                certificateChain: withIssuer ? self.authority.chain : self.authority.certificate,
                privateKey: self.authority.key,
                staple: staple
            )
        )
    }

    @Test("A response about the certificate is taken", arguments: [false, true])
    func good(_ withIssuer: Bool) async throws {
        let context = try self.server(await self.authority.respond("good"), withIssuer: withIssuer)
        #expect(!context.hasOldStaple)
    }

    @Test("A response is handed out until its time is over")
    func old() async throws {
        let path = try await self.authority.respond("good")
        let staple = try OCSPStaple(path: path, chain: Certificate.load(path: self.authority.certificate))
        #expect(staple.isCurrent())
        #expect(staple.isCurrent(at: .now.adding(seconds: 86_000)))
        #expect(!staple.isCurrent(at: .now.adding(seconds: 87_000)))
    }

    @Test("A response that would do harm is refused", arguments: ["revoked", "other"])
    func harmful(_ kind: String) async throws {
        let response = try await self.authority.respond(kind)
        #expect {
            _ = try self.server(response)
        } throws: { error in
            guard case TLSError.unusableStaple(response, _) = error else { return false }
            return true
        }
    }

    @Test("A response that another authority signed is refused where the issuer is known")
    func forged() async throws {
        let response = try await self.authority.respond("forged", signedBy: try await CommandLineAuthority())
        #expect(throws: TLSError.unusableStaple(path: response, reason: "it is not signed by the certificate's issuer"))
        {
            _ = try self.server(response, withIssuer: true)
        }
    }

    @Test("What is no response is refused", arguments: ["", "no response", "\u{30}\u{3}\u{a}\u{1}\u{6}", "0"])
    func nonsense(_ text: String) throws {
        let path = try self.authority.folder.write("nonsense.der", text)
        #expect(throws: TLSError.self) { _ = try self.server(path) }
        #expect(throws: TLSError.self) { _ = try self.server(self.authority.folder.path("missing.der")) }
    }

    @Test("Half of a response is refused")
    func cut() async throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try await self.authority.respond("good")))
        let path = try self.authority.folder.write("half.der", whole.prefix(whole.count / 2))
        #expect(throws: TLSError.self) { _ = try self.server(path) }
    }
}

/// An authority with a responder, both of OpenSSL's command line.
private struct CommandLineAuthority {
    let folder: TemporaryFolder
    let certificate: String
    let chain: String
    let key: String
    private let tool: String
    private let serial: String

    init() async throws {
        self.folder = try TemporaryFolder()
        self.tool = try #require(CommandLineTool.openssl)
        let (folder, tool) = (self.folder, self.tool)
        func run(_ arguments: String...) async throws -> String {
            try await CommandLineTool.run(tool, arguments, input: "", endsInput: true)
        }
        for name in ["ca", "server", "other"] {
            _ = try await run(
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-noenc",
                "-subj",
                "/CN=\(name)",
                "-keyout",
                folder.path("\(name)-key.pem"),
                "-out",
                folder.path("\(name).csr")
            )
        }
        _ = try await run(
            "req",
            "-x509",
            "-key",
            folder.path("ca-key.pem"),
            "-subj",
            "/CN=ca",
            "-days",
            "2",
            "-out",
            folder.path("ca.pem")
        )
        for name in ["server", "other"] {
            _ = try await run(
                "x509",
                "-req",
                "-in",
                folder.path("\(name).csr"),
                "-CA",
                folder.path("ca.pem"),
                "-CAkey",
                folder.path("ca-key.pem"),
                "-days",
                "2",
                "-out",
                folder.path("\(name).pem")
            )
        }
        self.certificate = folder.path("server.pem")
        self.key = folder.path("server-key.pem")
        let texts = try ["server.pem", "ca.pem"].map { try String(contentsOfFile: folder.path($0), encoding: .utf8) }
        self.chain = try folder.write("chain.pem", texts.joined())
        let line = try await run("x509", "-in", folder.path("server.pem"), "-noout", "-serial")
        self.serial = line.replacing("serial=", with: "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Has the responder say something.
    ///
    /// - Returns: the path of the response.
    func respond(
        _ kind: String,
        options: [String] = ["-ndays", "1"],
        signedBy signer: CommandLineAuthority? = nil
    ) async throws -> String {
        let state = kind == "revoked" ? "R\t301231235959Z\t250101000000Z" : "V\t301231235959Z\t"
        let index = try self.folder.write("index.txt", "\(state)\t\(self.serial)\tunknown\t/CN=server\n")
        _ = try self.folder.write("index.txt.attr", "unique_subject = no\n")
        let path = self.folder.path("\(kind).der")
        let signer = signer ?? self
        let subject = kind == "other" ? "other.pem" : "server.pem"
        _ = try await CommandLineTool.run(
            self.tool,
            [
                "ocsp", "-index", index, "-CA", self.folder.path("ca.pem"), "-issuer", self.folder.path("ca.pem"),
                "-cert", self.folder.path(subject), "-rsigner", signer.folder.path("ca.pem"), "-rkey",
                signer.folder.path("ca-key.pem"), "-respout", path, "-noverify",
            ] + options,
            input: "",
            endsInput: true
        )
        return path
    }
}
