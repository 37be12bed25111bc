import COpenSSL

/// Random bytes from libcrypto, whose generator works within the process and asks the system for seeds only.
package enum RandomBytes {
    /// - Returns: so many bytes that nobody can guess; nil if the generator could not be seeded.
    package static func make(_ count: Int) -> [UInt8]? {
        OpenSSLErrorQueue.clear()
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else {
            OpenSSLErrorQueue.clear()
            return nil
        }
        return bytes
    }
}
