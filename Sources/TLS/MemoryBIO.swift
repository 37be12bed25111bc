import COpenSSL

/// Collects what OpenSSL writes.
enum MemoryBIO {
    /// Gives `body` a BIO to write to and returns what was written.
    static func collect(_ operation: String, _ body: (OpaquePointer) -> Bool) throws(TLSError) -> [UInt8] {
        OpenSSLErrorQueue.clear()
        guard let bio = BIO_new(BIO_s_secmem()) else {
            throw .library(operation: "BIO_new", reason: OpenSSLErrorQueue.drainText())
        }
        defer { BIO_free(bio) }
        guard body(bio) else {
            throw .library(operation: operation, reason: OpenSSLErrorQueue.drainText())
        }
        return [UInt8](unsafeUninitializedCapacity: Int(BIO_ctrl_pending(bio))) { buffer, count in
            var taken = 0
            count = BIO_read_ex(bio, buffer.baseAddress, buffer.count, &taken) == 1 ? taken : 0
        }
    }
}
