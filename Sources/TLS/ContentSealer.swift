import COpenSSL
import COpenSSLShims

/// Seals texts so that only the holder of one private key can read them: CMS authenticated enveloped data (RFC 5083) with
/// AES-256-GCM, which `openssl cms -decrypt -inform DER -inkey KEY` opens.
package final class ContentSealer: @unchecked Sendable {
    // Only read once made.
    private let recipient: Certificate

    /// - Parameter path: a PEM file with the reader's certificate, of an RSA or EC key. Only its key matters.
    /// - Throws: `TLSError.unreadableFile`, `.noCertificate`, `.malformedCertificate`, `.unacceptableCertificate`.
    package init(certificate path: String) throws(TLSError) {
        recipient = try Certificate.load(path: path)[0]
        do throws(TLSError) {
            // A key that cannot be sealed for is found now, and not when the first text comes.
            _ = try seal([])
        } catch {
            throw .unacceptableCertificate(path: path, reason: "nothing can be sealed for its key: \(error)")
        }
    }

    /// - Returns: DER.
    /// - Throws: `TLSError.library`.
    package func seal(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
        OpenSSLErrorQueue.clear()
        guard let recipients = ctls_stack_new() else {
            throw .library(operation: "sk_X509_new", reason: OpenSSLErrorQueue.drainText())
        }
        defer { ctls_stack_free(recipients) }
        guard ctls_stack_push(recipients, recipient.pointer) == 1 else {
            throw .library(operation: "sk_X509_push", reason: OpenSSLErrorQueue.drainText())
        }
        // A file without bytes has no address to read from.
        let text = bytes.isEmpty ? [0x0a] : bytes
        let made = PEMReader.withBIO(over: text) { input in
            CMS_encrypt(recipients, input, EVP_aes_256_gcm(), UInt32(CMS_BINARY))
        }
        guard let sealed = made ?? nil else {
            throw .library(operation: "CMS_encrypt", reason: OpenSSLErrorQueue.drainText())
        }
        defer { CMS_ContentInfo_free(sealed) }
        return try MemoryBIO.collect("i2d_CMS_bio") { i2d_CMS_bio($0, sealed) == 1 }
    }
}
