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
        let family = address.pathname == nil ? AF_INET : AF_UNIX
        #if canImport(Glibc)
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(family, SOCK_STREAM, 0)
        #endif
        let bound = address.withSockAddr { address, size in
            bind(descriptor, address, socklen_t(size))
        }
        guard bound == 0, listen(descriptor, 128) == 0 else {
            throw IOError(errnoCode: errno, reason: "listen")
        }
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
