import COpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes the secrets of connections to a file, in the form that Wireshark reads (NSS key log).
///
/// Whoever has the file and what went over the wire can read all of it. Nothing but the operator's own word turns it on.
package final class KeyLog: Sendable {
    package let path: String
    private let descriptor: Int32

    /// Opens the file for appending; it is made with mode 0600.
    ///
    /// - Throws: `TLSError.unwritableFile`.
    package init(path: String) throws(TLSError) {
        self.path = path
        self.descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else {
            throw .unwritableFile(path: path, reason: FileContents.systemReason(errno))
        }
    }

    deinit {
        close(self.descriptor)
    }

    /// The callback that OpenSSL calls with each line. The context of the connection holds the log, unretained.
    static let callback: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Void = { ssl, line in
        guard let ssl, let line, let context = SSL_get_SSL_CTX(ssl), let log = SSL_CTX_get_ex_data(context, 0) else {
            return
        }
        Unmanaged<KeyLog>.fromOpaque(log).takeUnretainedValue().write(line)
    }

    /// One call for each line: threads that write at a time do not mix theirs.
    private func write(_ line: UnsafePointer<CChar>) {
        var bytes = [UInt8](UnsafeRawBufferPointer(start: line, count: strlen(line)))
        bytes.append(UInt8(ascii: "\n"))
        _ = bytes.withUnsafeBytes { writeBytes(self.descriptor, $0) }
    }
}

extension KeyLog: Hashable {
    package static func == (one: KeyLog, other: KeyLog) -> Bool { one === other }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

// The method of the same name hides the system's.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
