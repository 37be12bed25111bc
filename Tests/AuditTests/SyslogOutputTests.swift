import Foundation
import Testing

@testable import Audit

/// A daemon's socket.
private final class Daemon {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func stop() {
        close(descriptor)
        unlink(path)
    }
}

@Suite struct SyslogOutputTests {
    @Test func aLineIsOneMessageOfRFC5424() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon(path: folder.file("log"))
        let log = AuditLog(output: try SyslogOutput(path: daemon.path), hash: testHash)
        log.record(.sample())
        log.close()
        let started = daemon.receive()
        let pattern =
            #/<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]+ guardian \d+ (started|exchange) - (\{.*\})/#
        #expect(try #require(started.wholeMatch(of: pattern)).1 == "started")
        let match = try #require(daemon.receive().wholeMatch(of: pattern))
        #expect(match.1 == "exchange")
        #expect(ChainLink.read(Array(match.2.utf8))?.link.sequence == 2)
        daemon.stop()
    }

    @Test func aDaemonThatWasRestartedIsFoundAgain() throws {
        let folder = try TemporaryFolder()
        var daemon = try Daemon(path: folder.file("log"))
        let output = try SyslogOutput(path: daemon.path)
        daemon.stop()
        #expect(!output.write(Array("x\n".utf8), event: "exchange"))
        daemon = try Daemon(path: folder.file("log"))
        #expect(output.write(Array("y\n".utf8), event: "exchange"))
        #expect(daemon.receive().hasSuffix(" exchange - y"))
        daemon.stop()
    }

    @Test func aDaemonThatIsAwayWhenItIsConnectedToAnewIsFoundByTheNextLine() throws {
        let folder = try TemporaryFolder()
        var daemon = try Daemon(path: folder.file("log"))
        let output = try SyslogOutput(path: daemon.path)
        daemon.stop()
        #expect(output.reopen())
        daemon = try Daemon(path: folder.file("log"))
        #expect(output.write(Array("x\n".utf8), event: "exchange"))
        #expect(daemon.receive().hasSuffix(" exchange - x"))
        daemon.stop()
    }

    @Test func aLineThatIsLongerThanADatagramIsRefusedForGood() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon(path: folder.file("log"))
        let output = try SyslogOutput(path: daemon.path)
        #expect(!output.write([UInt8](repeating: 0x61, count: 16 << 20), event: "exchange"))
        #expect(output.refusesForGood)
        #expect(output.write(Array("x\n".utf8), event: "exchange"))
        #expect(!output.refusesForGood)
        #expect(daemon.receive().hasSuffix(" exchange - x"))
        daemon.stop()
        #expect(!output.write(Array("y\n".utf8), event: "exchange"))
        #expect(!output.refusesForGood)
    }

    @Test(arguments: [("/nowhere/log", ENOENT), ("/" + String(repeating: "x", count: 200), ENAMETOOLONG)])
    func aSocketThatIsNotThereIsAClearError(path: String, code: Int32) {
        let error = #expect(throws: AuditFileError.self) { try SyslogOutput(path: path) }
        #expect(error?.code == code)
        #expect(error?.description.contains("syslog socket '\(path)'") == true)
    }
}
