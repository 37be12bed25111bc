#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The listening sockets that the service manager opened before it started this process and left open in it: socket
/// activation, as `sd_listen_fds(3)` has it. They outlive the process, so that no connection is refused between one and the
/// next.
package struct InheritedSockets: Sendable {
    package struct Socket: Sendable, Hashable {
        /// What the unit calls it (`FileDescriptorName=`).
        package var name: String
        package var descriptor: Int32
    }

    /// The number of the first one.
    private static let first: Int32 = 3
    private static let most = 256

    package let sockets: [Socket]

    init(sockets: [Socket]) {
        self.sockets = sockets
    }

    /// - Parameter environment: of the process.
    /// - Throws: `InheritedSocketsError` if the variables contradict themselves.
    package init(
        environment: [String: String],
        processID: Int32 = getpid()
    ) throws(InheritedSocketsError) {
        // Variables that were meant for a parent and came here by inheritance.
        guard let count = environment["LISTEN_FDS"], environment["LISTEN_PID"] == "\(processID)" else {
            self.sockets = []
            return
        }
        guard let number = Int(count), (1...Self.most).contains(number) else { throw .malformed(count: count) }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false)
        guard names == nil || names?.count == number else { throw .namesDoNotMatch(sockets: number) }
        self.sockets = (0..<number).map { index in
            Socket(name: names.map { String($0[index]) } ?? "unknown", descriptor: Self.first + Int32(index))
        }
        // Not for the children of this process.
        for socket in self.sockets { _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) }
    }

    /// Finds the socket to listen at.
    ///
    /// - Parameter name: nil for the only one there is.
    /// - Throws: `InheritedSocketsError` if there is none, several, or one that does not listen for streams.
    package func socket(named name: String?) throws(InheritedSocketsError) -> Int32 {
        guard !self.sockets.isEmpty else { throw .none }
        let found = self.sockets.filter { name == nil || $0.name == name }
        guard let socket = found.first else { throw .unknownName(name ?? "", known: self.sockets.map(\.name)) }
        guard found.count == 1 else { throw .ambiguous(name, count: found.count) }
        guard Self.option(SO_ACCEPTCONN, of: socket.descriptor) == 1 else { throw .notListening(socket.name) }
        return socket.descriptor
    }

    /// A socket option of the kind that is one number; nil if the descriptor is no socket.
    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}

/// Why a socket of the service manager's cannot be listened at. The text is for the operator.
package enum InheritedSocketsError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(count: String)
    case namesDoNotMatch(sockets: Int)
    case none
    case unknownName(String, known: [String])
    case ambiguous(String?, count: Int)
    case notListening(String)

    package var description: String {
        switch self {
        case .malformed(let count):
            "LISTEN_FDS is '\(count)', not a number from 1 to 256"
        case .namesDoNotMatch(let sockets):
            "LISTEN_FDNAMES does not name the \(sockets) sockets of LISTEN_FDS"
        case .none:
            "the service manager handed over no socket: start the service by its .socket unit, or give an address"
        case .unknownName(let name, let known):
            "the service manager handed over no socket named '\(name)', only \(known.joined(separator: ", "))"
        case .ambiguous(let name, let count):
            "the service manager handed over \(count) sockets\(name.map { " named '\($0)'" } ?? ""): "
                + "give each a FileDescriptorName= and write systemd:NAME"
        case .notListening(let name):
            "the socket '\(name)' does not listen for connections: the .socket unit needs ListenStream="
        }
    }
}
