import COpenSSL

/// Signatures with Ed25519 (RFC 8032), computed by libcrypto.
package enum Ed25519 {
    /// The length of a signature in bytes.
    package static let signatureLength = 64

    /// A key that signs.
    package final class SigningKey: @unchecked Sendable {
        // Only read once made: OpenSSL allows that from several threads.
        private let key: PrivateKey
        /// SHA-256 of the raw public key, as hexadecimal digits.
        package let id: String

        /// Reads a PEM file (PKCS #8), as `openssl genpkey -algorithm ed25519` makes it.
        ///
        /// - Throws: `TLSError.unreadableFile`, `.malformedPrivateKey`, `.encryptedPrivateKey`.
        package init(path: String) throws(TLSError) {
            key = try PrivateKey.load(path: path)
            guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_ED25519 else {
                throw .malformedPrivateKey(path: path, reason: "it is no Ed25519 key")
            }
            id = try Ed25519.id(of: key.pointer)
        }

        /// The signature of bytes, 64 bytes.
        package func sign(_ message: [UInt8]) throws(TLSError) -> [UInt8] {
            OpenSSLErrorQueue.clear()
            guard let context = EVP_MD_CTX_new() else {
                throw .library(operation: "EVP_MD_CTX_new", reason: OpenSSLErrorQueue.drainText())
            }
            defer { EVP_MD_CTX_free(context) }
            var signature = [UInt8](repeating: 0, count: Ed25519.signatureLength)
            var length = signature.count
            guard EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1,
                EVP_DigestSign(context, &signature, &length, message, message.count) == 1,
                length == Ed25519.signatureLength
            else {
                throw .library(operation: "EVP_DigestSign", reason: OpenSSLErrorQueue.drainText())
            }
            return signature
        }
    }

    /// A key that checks signatures.
    package final class VerifyingKey: @unchecked Sendable {
        // Only read once made.
        private let key: PrivateKey
        /// SHA-256 of the raw public key, as hexadecimal digits.
        package let id: String

        /// Reads a PEM file with the public key, as `openssl pkey -pubout` writes it.
        ///
        /// - Throws: `TLSError.unreadableFile`, `.malformedPublicKey`.
        package init(path: String) throws(TLSError) {
            let bytes = try FileContents.load(path)
            guard !bytes.isEmpty else { throw .malformedPublicKey(path: path, reason: "the file is empty") }
            OpenSSLErrorQueue.clear()
            let pointer = PEMReader.withBIO(over: bytes) { bio in PEM_read_bio_PUBKEY(bio, nil, nil, nil) }
            let reason = OpenSSLErrorQueue.drainText()
            guard let found = pointer ?? nil else { throw .malformedPublicKey(path: path, reason: reason) }
            key = PrivateKey(owning: found)
            guard EVP_PKEY_get_base_id(found) == EVP_PKEY_ED25519 else {
                throw .malformedPublicKey(path: path, reason: "it is no Ed25519 key")
            }
            id = try Ed25519.id(of: found)
        }

        package func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            guard signature.count == Ed25519.signatureLength, let context = EVP_MD_CTX_new() else { return false }
            defer {
                EVP_MD_CTX_free(context)
                OpenSSLErrorQueue.clear()
            }
            return EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1
                && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        }

        /// The same for a signature in hexadecimal digits.
        package func isSignature(hexadecimal text: String, of message: [UInt8]) -> Bool {
            let digits = text.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
                default: nil
                }
            }
            guard digits.count == text.utf8.count, digits.count == 2 * Ed25519.signatureLength else { return false }
            let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            return isSignature(bytes, of: message)
        }
    }

    private static func id(of key: OpaquePointer) throws(TLSError) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 else {
            throw .library(operation: "EVP_PKEY_get_raw_public_key", reason: OpenSSLErrorQueue.drainText())
        }
        return try Digest.sha256Hex(of: bytes)
    }
}
