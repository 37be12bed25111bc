import Testing

@testable import Listening

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct InheritedSocketsTests {
    private func sockets(_ environment: [String: String], pid: Int32 = 7) throws -> InheritedSockets {
        try InheritedSockets(environment: environment, processID: pid)
    }

    @Test func `sockets are numbered from three and named in their order`() throws {
        let named = try self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin"])
        #expect(named.sockets == [.init(name: "web", descriptor: 3), .init(name: "admin", descriptor: 4)])
        let unnamed = try self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "1"])
        #expect(unnamed.sockets == [.init(name: "unknown", descriptor: 3)])
    }

    @Test(arguments: [[:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7"]])
    func `variables that are not for this process are nothing`(environment: [String: String]) throws {
        let sockets = try self.sockets(environment)
        #expect(sockets.sockets.isEmpty)
        #expect(throws: InheritedSocketsError.none) { try sockets.socket(named: nil) }
    }

    @Test(arguments: ["", "0", "-1", "257", "x", "99999999999999999999"])
    func `a count that is none is refused`(count: String) {
        #expect(throws: InheritedSocketsError.malformed(count: count)) {
            try self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": count])
        }
    }

    @Test func `names must be as many as sockets`() {
        #expect(throws: InheritedSocketsError.namesDoNotMatch(sockets: 2)) {
            try self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web"])
        }
    }

    @Test func `the socket must be named where there are several`() throws {
        // Far beyond what is open, so that the numbers are no sockets of anybody.
        let several = try self.sockets(["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:web"])
        #expect(throws: InheritedSocketsError.ambiguous(nil, count: 2)) { try several.socket(named: nil) }
        #expect(throws: InheritedSocketsError.ambiguous("web", count: 2)) { try several.socket(named: "web") }
        #expect(throws: InheritedSocketsError.unknownName("x", known: ["web", "web"])) {
            try several.socket(named: "x")
        }
    }

    @Test func `what does not listen is refused`() throws {
        let descriptor = open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        let sockets = InheritedSockets(sockets: [.init(name: "null", descriptor: descriptor)])
        #expect(throws: InheritedSocketsError.notListening("null")) { try sockets.socket(named: nil) }
    }
}
