import TLS
import Testing

@Suite("Digest")
struct DigestTests {
    /// From FIPS 180-4's published examples.
    private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    private let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test("Known hashes come out")
    func knownHashes() throws {
        #expect(try Digest.sha256Hex(of: "abc".utf8) == self.abc)
        #expect(try Digest.sha256Hex(of: [UInt8]()) == self.empty)
    }

    @Test("Memory that is not in one piece hashes to the same")
    func nonContiguous() throws {
        #expect(try Digest.sha256Hex(of: Array("cba".utf8).reversed()) == self.abc)
    }

    @Test("Pieces hash to the same as the whole")
    func pieces() throws {
        var hash = try Digest.SHA256()
        try hash.update("a".utf8)
        try hash.update([])
        try hash.update("bc".utf8)
        #expect(Digest.hex(try hash.finish()) == self.abc)
    }

    @Test("A file longer than one chunk hashes to the same as its bytes")
    func files() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try Digest.sha256Hex(ofFile: folder.write("big", bytes)) == Digest.sha256Hex(of: bytes))
        #expect(try Digest.sha256Hex(ofFile: folder.write("empty", "")) == self.empty)
    }

    @Test("A file that is not there is named")
    func missingFile() {
        #expect(throws: TLSError.unreadableFile(path: "no/such", reason: "No such file or directory")) {
            try Digest.sha256Hex(ofFile: "no/such")
        }
    }
}
