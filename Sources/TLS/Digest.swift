import COpenSSL

/// Hashes, computed by libcrypto.
package enum Digest {
    /// The length of a SHA-256 hash in bytes.
    package static let sha256Length = 32

    /// SHA-256 (FIPS 180-4) of bytes, 32 of them.
    package static func sha256(of bytes: some Sequence<UInt8>) throws(TLSError) -> [UInt8] {
        var hash = try SHA256()
        try hash.update(bytes)
        return try hash.finish()
    }

    /// SHA-256 of bytes, as 64 lower-case hexadecimal digits.
    package static func sha256Hex(of bytes: some Sequence<UInt8>) throws(TLSError) -> String {
        self.hex(try self.sha256(of: bytes))
    }

    /// SHA-256 of a file, as 64 lower-case hexadecimal digits. The file may be of any size; 256 KiB are in memory.
    ///
    /// - Throws: `TLSError.unreadableFile`.
    package static func sha256Hex(ofFile path: String) throws(TLSError) -> String {
        var hash = try SHA256()
        try FileContents.forEachChunk(of: path) { chunk throws(TLSError) in try hash.update(chunk) }
        return self.hex(try hash.finish())
    }

    /// Writes bytes as lower-case hexadecimal digits.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A SHA-256 that is computed piece by piece.
    package struct SHA256: ~Copyable {
        /// `EVP_MD_CTX *`, owned.
        private let context: OpaquePointer

        /// `EVP_MD *`, fetched once and kept: what `EVP_sha256` names is looked up at each use (OpenSSL's `crypto(7)`,
        /// "Performance"). It does not change, and any thread may use it.
        private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

        package init() throws(TLSError) {
            OpenSSLErrorQueue.clear()
            guard let context = EVP_MD_CTX_new() else {
                throw .library(operation: "EVP_MD_CTX_new", reason: OpenSSLErrorQueue.drainText())
            }
            guard EVP_DigestInit_ex(context, Self.algorithm ?? EVP_sha256(), nil) == 1 else {
                EVP_MD_CTX_free(context)
                throw .library(operation: "EVP_DigestInit_ex", reason: OpenSSLErrorQueue.drainText())
            }
            self.context = context
        }

        deinit {
            EVP_MD_CTX_free(self.context)
        }

        package mutating func update(_ bytes: some Sequence<UInt8>) throws(TLSError) {
            let code = bytes.withContiguousStorageIfAvailable {
                EVP_DigestUpdate(self.context, $0.baseAddress, $0.count)
            }
            if let code {
                try Self.check(code)
            } else {
                let copy = Array(bytes)
                try Self.check(EVP_DigestUpdate(self.context, copy, copy.count))
            }
        }

        /// Ends the computation and returns the 32 bytes.
        package consuming func finish() throws(TLSError) -> [UInt8] {
            var hash = [UInt8](repeating: 0, count: Digest.sha256Length)
            try Self.check(EVP_DigestFinal_ex(self.context, &hash, nil))
            return hash
        }

        private static func check(_ code: Int32) throws(TLSError) {
            guard code == 1 else {
                throw .library(operation: "EVP_Digest", reason: OpenSSLErrorQueue.drainText())
            }
        }
    }
}
