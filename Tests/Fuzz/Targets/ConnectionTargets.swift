import Foundation
import Listening

extension FuzzTarget {
    /// Reads the bytes as the PROXY header of a connection, whole and in every cut of a short one: what was refused early
    /// must stay refused, and a header once found must stay the same when more comes.
    static func readProxyHeader(_ input: UnsafeRawBufferPointer) -> Bool {
        let answer = Result { () throws(ProxyHeaderError) in try ProxyHeader.read(input) }
        // Whatever a peer sends, it is not waited for beyond the longest header.
        if input.count >= ProxyHeader.longest, case .success(nil) = answer { preconditionFailure("waits for ever") }
        let whole = try? answer.get()
        for length in 0..<min(input.count, 300) {
            let part = UnsafeRawBufferPointer(rebasing: input[..<length])
            guard let found = try? ProxyHeader.read(part) else { continue }
            precondition(found.length <= length)
            precondition(whole?.header == found.header && whole?.length == found.length)
        }
        guard let whole else { return false }
        precondition(whole.length > 0 && whole.length <= min(input.count, ProxyHeader.longest))
        if case .client(let client) = whole.header {
            precondition(IPAddress(client.address.description) == client.address)
        }
        return true
    }
}

extension FuzzSeeds {
    static let proxyHeaders: [Data] = {
        let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
        let v4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 0xbb]
        let v6 = [UInt8](repeating: 0x20, count: 32) + [0, 80, 1, 0xbb]
        return [
            Data("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET".utf8),
            Data("PROXY TCP6 2001:db8::7 ::1 1 2\r\n".utf8),
            Data("PROXY UNKNOWN\r\n".utf8),
            Data(signature + [0x21, 0x11, 0, 12] + v4),
            Data(signature + [0x21, 0x21, 0, 39] + v6 + [4, 0, 0]),
            Data(signature + [0x20, 0, 0, 0]),
        ]
    }()
}
