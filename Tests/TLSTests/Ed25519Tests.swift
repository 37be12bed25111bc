import Foundation
import TLS
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    /// RFC 8032, section 7.1, test 2, as PKCS #8 and SubjectPublicKeyInfo (RFC 8410).
    private let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    private let publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    private let signature =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

    private func write(_ kind: String, prefix: String, _ key: String, to name: String) throws -> String {
        let digits = Array((prefix + key).utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
        let text = "-----BEGIN \(kind) KEY-----\n\(Data(bytes).base64EncodedString())\n-----END \(kind) KEY-----\n"
        let path = self.folder.path + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func privateKey() throws -> String {
        try self.write("PRIVATE", prefix: "302e020100300506032b657004220420", self.seed, to: "private.pem")
    }

    private func verifyingKey() throws -> Ed25519.VerifyingKey {
        try Ed25519.VerifyingKey(
            path: self.write("PUBLIC", prefix: "302a300506032b6570032100", self.publicKey, to: "public.pem")
        )
    }

    @Test("The signature is that of RFC 8032")
    func known() throws {
        let key = try Ed25519.SigningKey(path: self.privateKey())
        #expect(Digest.hex(try key.sign([0x72])) == self.signature)
        #expect(key.id == (try self.verifyingKey().id))
    }

    @Test("A signature is accepted for what it signs and nothing else")
    func verify() throws {
        let key = try self.verifyingKey()
        #expect(key.isSignature(hexadecimal: self.signature, of: [0x72]))
        #expect(!key.isSignature(hexadecimal: self.signature, of: [0x73]))
        #expect(!key.isSignature(hexadecimal: self.signature, of: []))
    }

    @Test("What is no signature is refused", arguments: ["", "00", "zz", String(repeating: "g", count: 128)])
    func rubbish(text: String) throws {
        let key = try self.verifyingKey()
        #expect(!key.isSignature(hexadecimal: text, of: [0x72]))
        #expect(!key.isSignature(hexadecimal: self.signature + text + "0", of: [0x72]))
        #expect(!key.isSignature([], of: [0x72]))
    }

    @Test("Keys of another kind are refused by name")
    func otherKinds() throws {
        let files = try DevelopmentCertificates.make(in: self.folder.path, names: [], overwrite: true)
        #expect(throws: TLSError.malformedPrivateKey(path: files.privateKey, reason: "it is no Ed25519 key")) {
            try Ed25519.SigningKey(path: files.privateKey)
        }
        #expect(throws: TLSError.self) { try Ed25519.VerifyingKey(path: files.privateKey) }
        let empty = self.folder.path + "/empty.pem"
        try Data().write(to: URL(fileURLWithPath: empty))
        #expect(throws: TLSError.malformedPublicKey(path: empty, reason: "the file is empty")) {
            try Ed25519.VerifyingKey(path: empty)
        }
    }
}
