import Foundation
import Testing

@testable import TLS

@Suite("ContentSealer")
struct ContentSealerTests {
    private let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    @Test("OpenSSL's own program opens with the key what was sealed for its certificate")
    func opens() async throws {
        let paths = try self.certificates.write(self.certificates.authority.issue(names: ["reader"]))
        let text = #"{"input":["hello \u00e9"],"output":[]}"#
        let sealed = try ContentSealer(certificate: paths.certificate).seal(Array(text.utf8))
        #expect(!String(decoding: sealed, as: UTF8.self).contains("hello"))
        let file = self.certificates.folder.path + "/sealed.der"
        try Data(sealed).write(to: URL(fileURLWithPath: file))
        let opened = try await CommandLineTool.run(
            try #require(CommandLineTool.openssl),
            ["cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", paths.key],
            input: "",
            endsInput: true
        )
        #expect(opened == text)
    }

    @Test("The same text is never sealed alike")
    func isFresh() throws {
        let paths = try self.certificates.write(self.certificates.authority.issue(names: ["reader"]))
        let sealer = try ContentSealer(certificate: paths.certificate)
        #expect(try sealer.seal([1, 2, 3]) != sealer.seal([1, 2, 3]))
        #expect(try !sealer.seal([]).isEmpty)
        #expect(try sealer.seal([UInt8](repeating: 0, count: 1 << 20)).count > 1 << 20)
    }

    @Test("A file without a certificate is refused by name")
    func refusesOtherFiles() throws {
        let path = try self.certificates.folder.write("notes.txt", "no certificate")
        #expect(throws: TLSError.noCertificate(path: path)) { try ContentSealer(certificate: path) }
        #expect(throws: TLSError.self) { try ContentSealer(certificate: "/nonexistent") }
    }
}
