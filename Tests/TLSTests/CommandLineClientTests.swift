import NIOCore
import NIOPosix
import TLS
import Testing

/// The client that comes with OpenSSL against a server of ours over a real socket.
@Suite("Command line client", .enabled(if: CommandLineTool.openssl != nil), .timeLimit(.minutes(2)))
struct CommandLineClientTests {
    let certificates: Certificates
    let errors = ErrorCollection()
    let tool: String

    init() throws {
        self.certificates = try Certificates()
        self.tool = try #require(
            CommandLineTool.openssl
        )
    }

    /// Starts a server that sends the first line back and closes; runs the client against it.
    private func sClient(_ options: [String], input: String, endsInput: Bool = false) async throws -> String {
        let context = try self.certificates.server(protocols: ["http/1.1"])
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [errors = self.errors] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: context), Echo(errors, closesAfterFirst: true),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let output = try await CommandLineTool.run(
            self.tool,
            ["s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost"] + options,
            input: input,
            endsInput: endsInput
        )
        try await server.close()
        return output
    }

    @Test("It verifies us, agrees on a protocol, gets its line back and a clean end", arguments: TLSVersion.allCases)
    func talks(_ version: TLSVersion) async throws {
        let output = try await self.sClient(
            [
                version == .tls12 ? "-tls1_2" : "-tls1_3", "-verify_return_error", "-verify_hostname", "localhost",
                "-CAfile", self.certificates.authorityPath, "-alpn", "h2,http/1.1", "-ign_eof",
            ],
            input: "hello from outside\n"
        )
        #expect(output.contains("\nhello from outside\n"))
        #expect(output.contains("ALPN protocol: http/1.1"))
        #expect(output.contains("Verify return code: 0 (ok)"))
        #expect(output.contains("New, TLSv\(version.rawValue)"))
        #expect(output.contains("Compression: NONE"))
        #expect(output.contains("\nclosed\n"))
        #expect(self.errors.all.isEmpty)
    }

    @Test(
        "Versions before 1.2 and ciphers without forward secrecy or authentication are not to be had",
        arguments: [
            ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ["-alpn", "spdy/1"],
        ]
    )
    func refuses(_ options: [String]) async throws {
        let output = try await self.sClient(options, input: "", endsInput: true)
        #expect(output.contains("Cipher is (NONE)"))
        #expect(self.errors.all.count == 1)
    }

    @Test("A session is taken up again by its ticket")
    func resumes() async throws {
        let output = try await self.sClient(["-tls1_2", "-reconnect"], input: "", endsInput: true)
        #expect(output.contains("Reused, TLSv1.2"))
    }

    @Test("A request to renegotiate is declined")
    func renegotiation() async throws {
        let output = try await self.sClient(["-tls1_2"], input: "R\n", endsInput: true)
        #expect(output.contains("RENEGOTIATING"))
        #expect(output.contains("no renegotiation"))
    }
}
