import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

enum TestSocket {
    /// A socket that listens, made without the proxy's own means.
    static func listening(at address: SocketAddress) throws -> Int32 {
        let descriptor = try bound(to: address)
        guard listen(descriptor, 128) == 0 else {
            throw IOError(errnoCode: errno, reason: "listen")
        }
        return descriptor
    }

    /// A loopback port at which nobody listens, and nobody can before the socket is closed: connections to it are refused.
    static func deadPort() throws -> (descriptor: Int32, port: Int) {
        let descriptor = try bound(to: SocketAddress(ipAddress: "127.0.0.1", port: 0))
        // The address of IPv4, RFC 3493's `sockaddr_in`: its family takes two bytes, then comes the port, greatest byte first.
        var size = socklen_t(16)
        let port = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { bytes -> Int? in
            let address = bytes.bindMemory(to: sockaddr.self).baseAddress
            return getsockname(descriptor, address, &size) == 0 ? Int(bytes[2]) << 8 | Int(bytes[3]) : nil
        }
        guard let port else { throw IOError(errnoCode: errno, reason: "getsockname") }
        return (descriptor, port)
    }

    private static func bound(to address: SocketAddress) throws -> Int32 {
        let family = address.pathname == nil ? AF_INET : AF_UNIX
        #if canImport(Glibc)
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(family, SOCK_STREAM, 0)
        #endif
        let bound = address.withSockAddr { address, size in
            bind(descriptor, address, socklen_t(size))
        }
        guard bound == 0 else { throw IOError(errnoCode: errno, reason: "bind") }
        return descriptor
    }

    static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #else
        _ = Darwin.close(descriptor)
        #endif
    }
}
