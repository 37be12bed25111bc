import COpenSSL

/// A private key.
final class PrivateKey {
    /// `EVP_PKEY *`, owned.
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(self.pointer)
    }

    /// Reads the first private key of a PEM file.
    static func load(path: String) throws(TLSError) -> PrivateKey {
        var bytes = try FileContents.load(path)
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        guard !bytes.isEmpty else { throw .malformedPrivateKey(path: path, reason: "the file is empty") }
        OpenSSLErrorQueue.clear()
        let pointer = PEMReader.withBIO(over: bytes) { bio in
            PEM_read_bio_PrivateKey(bio, nil, { PEMReader.noPassphrase($0, $1, $2, $3) }, nil)
        }
        let errors = OpenSSLErrorQueue.drain()
        if let found = pointer ?? nil { return PrivateKey(owning: found) }
        if errors.contains(where: { $0.library == ERR_LIB_PEM && Self.passphraseReasons.contains($0.reason) }) {
            throw .encryptedPrivateKey(path: path)
        }
        throw .malformedPrivateKey(path: path, reason: errors.last?.text ?? "no reason given")
    }

    private static let passphraseReasons = [PEM_R_BAD_PASSWORD_READ, PEM_R_PROBLEMS_GETTING_PASSWORD]

    /// Makes a key on the curve P-256.
    static func generate() throws(TLSError) -> PrivateKey {
        OpenSSLErrorQueue.clear()
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
            throw .library(operation: "EVP_PKEY_CTX_new_from_name", reason: OpenSSLErrorQueue.drainText())
        }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else {
            throw .library(operation: "EVP_PKEY_generate", reason: OpenSSLErrorQueue.drainText())
        }
        return PrivateKey(owning: key)
    }

    /// The key as unencrypted PEM text (PKCS #8).
    func pem() throws(TLSError) -> [UInt8] {
        try MemoryBIO.collect("PEM_write_bio_PrivateKey") {
            PEM_write_bio_PrivateKey($0, self.pointer, nil, nil, 0, nil, nil) == 1
        }
    }
}
