import Testing

@testable import Listening

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct SupervisorTests {
    @Test func `without an address there is nobody to tell`() {
        #expect(Supervisor(environment: [:]) == nil)
        #expect(Supervisor(environment: ["NOTIFY_SOCKET": "vsock:2:1"]) == nil)
    }

    @Test func `the watchdog's time is for the process it names`() throws {
        var environment = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000"]
        #expect(try #require(Supervisor(environment: environment)).watchdog == .seconds(30))
        environment["WATCHDOG_PID"] = "7"
        #expect(try #require(Supervisor(environment: environment, processID: 7)).watchdog == .seconds(30))
        #expect(try #require(Supervisor(environment: environment, processID: 8)).watchdog == nil)
        for nonsense in ["0", "-1", "x", ""] {
            environment = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": nonsense]
            #expect(try #require(Supervisor(environment: environment)).watchdog == nil)
        }
    }

    @Test func `notices come as datagrams`() throws {
        let folder = try NoticeSocket()
        let supervisor = try #require(Supervisor(environment: ["NOTIFY_SOCKET": folder.path]))
        supervisor.tell(.ready)
        #expect(folder.receive() == "READY=1")
        supervisor.tell(.reloading)
        #expect(folder.receive().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        supervisor.tell(.stopping)
        #expect(folder.receive() == "STOPPING=1")
        supervisor.tell(.alive)
        #expect(folder.receive() == "WATCHDOG=1")
    }

    @Test func `a notice that nobody can take is dropped`() throws {
        try #require(Supervisor(environment: ["NOTIFY_SOCKET": "/nonexistent/socket"])).tell(.ready)
        let long = "/" + String(repeating: "a", count: 200)
        try #require(Supervisor(environment: ["NOTIFY_SOCKET": long])).tell(.ready)
    }
}

/// The service manager's end.
private final class NoticeSocket {
    let path: String
    private let descriptor: Int32

    init() throws {
        self.path = "/tmp/guardian-notify-\(UInt64.random(in: 0 ... .max))"
        #if canImport(Glibc)
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        #else
        self.descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(self.path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    deinit {
        close(self.descriptor)
        unlink(self.path)
    }

    /// The datagram was sent before this is called, and a unix socket loses none.
    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(self.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
