import COpenSSL

/// Takes PEM blocks out of text that is held in memory.
enum PEMReader {
    /// Calls `body` with a memory BIO over `bytes`; nil if memory is short.
    static func withBIO<Result>(over bytes: [UInt8], _ body: (OpaquePointer) -> Result) -> Result? {
        bytes.withUnsafeBytes { raw -> Result? in
            guard let count = Int32(exactly: raw.count), let bio = BIO_new_mem_buf(raw.baseAddress, count) else {
                return nil
            }
            defer { BIO_free(bio) }
            return body(bio)
        }
    }

    /// Answers OpenSSL's question for a passphrase with "none", where it would otherwise ask at the terminal.
    static func noPassphrase(
        _: UnsafeMutablePointer<CChar>?,
        _: Int32,
        _: Int32,
        _: UnsafeMutableRawPointer?
    ) -> Int32 {
        -1
    }

    /// Whether the errors say only that no (further) block is there.
    static func isEndOfBlocks(_ errors: [OpenSSLErrorQueue.Entry]) -> Bool {
        errors.last.map { $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE } ?? true
    }
}
