#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The service manager that started this process and wants to hear how it is: `Type=notify`, as `sd_notify(3)` has it.
///
/// Each notice is one datagram. None is waited for, and one that cannot be sent is dropped: a service must not stop because
/// nobody listens to it.
package struct Supervisor: Sendable {
    package enum Notice: Sendable, Hashable {
        /// Started, or done with reading its files again.
        case ready
        /// Reads its files again.
        case reloading
        case stopping
        /// Still able to work.
        case alive
    }

    /// How often `.alive` must be heard; nil if the service manager does not watch.
    package let watchdog: Duration?
    /// A path, or a name of Linux's abstract kind with its `@`.
    private let address: String

    /// nil if nobody wants to hear anything.
    ///
    /// - Parameter environment: of the process.
    package init?(environment: [String: String], processID: Int32 = getpid()) {
        guard let address = environment["NOTIFY_SOCKET"], address.hasPrefix("/") || address.hasPrefix("@") else {
            return nil
        }
        self.address = address
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap(Int64.init)
        self.watchdog = isMeant ? interval.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    package func tell(_ notice: Notice) {
        let text =
            switch notice {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            }
        self.send(Array(text.utf8))
    }

    /// By this `Type=notify-reload` tells the notice of one reload from that of another.
    private static var monotonicMicroseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    private func send(_ bytes: [UInt8]) {
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        var path = Array(self.address.utf8)
        guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return }
        if self.address.hasPrefix("@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        #if canImport(Glibc)
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #elseif canImport(Musl)
        let kind = SOCK_DGRAM | SOCK_CLOEXEC
        #else
        let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), address, socklen_t(offset + path.count))
            }
        }
    }
}
