#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Sends lines to a syslog daemon's local socket, one datagram each, in the form of RFC 5424.
///
/// The message is the line without its line feed and without a byte order mark: the chain can be checked from what the
/// daemon stored. The daemon may be restarted: a line that finds no one is sent once more through a new socket.
package final class SyslogOutput: AuditOutput {
    /// Facility 13 (log audit), severity 6 (informational): RFC 5424 section 6.2.1.
    private static let priority = 13 * 8 + 6

    package let path: String
    private let host: String
    private var descriptor: Int32 = -1
    /// A message that is longer than a datagram can be will not be sent the next time either.
    package private(set) var refusesForGood = false

    /// - Throws: `AuditFileError` if the path is too long for an address or nobody listens there.
    package init(path: String) throws(AuditFileError) {
        self.path = path
        host = Self.hostName()
        guard connect() else { throw AuditFileError(.socket, path: path, code: errno) }
    }

    package func write(_ line: [UInt8], event: String) -> Bool {
        let message = Self.message(line.dropLast(), event: event, host: host, process: getpid(), time: .now())
        refusesForGood = false
        if send(message) { return true }
        guard !refusesForGood else { return false }
        return connect() && send(message)
    }

    /// A daemon that is not there has cost no record yet: the next line looks for it again.
    package func reopen() -> Bool {
        _ = connect()
        return true
    }

    package func close() {
        if descriptor >= 0 { _ = closeDescriptor(descriptor) }
        descriptor = -1
    }

    /// One message: `<PRI>1 TIME HOST guardian PID EVENT - LINE`.
    static func message(
        _ line: ArraySlice<UInt8>,
        event: String,
        host: String,
        process: Int32,
        time: AuditTime
    ) -> [UInt8] {
        Array("<\(priority)>1 \(time.rfc3339) \(host) guardian \(process) \(event) - ".utf8) + line
    }

    /// The name as RFC 5424 lets it stand: 1 to 255 printable ASCII characters; `-` if there is none.
    private static func hostName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "-" }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.filter { (33...126).contains($0) }
        return name.isEmpty ? "-" : String(decoding: name, as: UTF8.self)
    }

    private func send(_ message: [UInt8]) -> Bool {
        guard descriptor >= 0 else { return false }
        while true {
            let count = message.withUnsafeBytes { sendTo(descriptor, $0) }
            if count == message.count { return true }
            guard count < 0, errno == EINTR else {
                refusesForGood = count < 0 && errno == EMSGSIZE
                return false
            }
        }
    }

    private func connect() -> Bool {
        close()
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return false
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let fresh = socket(AF_UNIX, datagramType, 0)
        guard fresh >= 0 else { return false }
        _ = fcntl(fresh, F_SETFD, FD_CLOEXEC)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connectSocket(fresh, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            let code = errno
            _ = closeDescriptor(fresh)
            errno = code
            return false
        }
        descriptor = fresh
        return true
    }
}

// The methods of the same names hide the system's.
func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func connectSocket(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(socket, address, length)
}

#if canImport(Glibc)
private let datagramType = Int32(SOCK_DGRAM.rawValue)
private func sendTo(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
}
#else
private let datagramType = SOCK_DGRAM
private func sendTo(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    send(socket, bytes.baseAddress, bytes.count, 0)
}
#endif
