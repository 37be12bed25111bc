package import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a gateway's admin listener, over plain HTTP: for commands that show what a gateway on this host is doing.
package struct AdminClient: Sendable {
    /// Why there is no answer, in words.
    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    private let host: String
    private let port: Int
    private let token: String?
    /// The host and the port as a URL has them.
    let authority: String

    /// How long an answer may take.
    private static let patience = TimeAmount.seconds(10)
    /// How large one may be.
    private static let limit = 4 << 20

    /// - Parameters:
    ///   - address: host:port, as `admin.address` has it.
    ///   - token: sent as a bearer token.
    package init(address: String, token: String?) throws(Problem) {
        guard let address = GatewayConfiguration.Address(address) else {
            throw Problem(description: "'\(address)' is no host:port, such as 127.0.0.1:9901")
        }
        host = address.host
        port = address.port
        authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        self.token = token
    }

    /// The body of the answer to GET.
    ///
    /// - Throws: `Problem` if there is none, or its status is not 200.
    package func get(_ path: String) async throws -> Data {
        let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.patience)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Problem(description: "nobody answers at \(authority): is the gateway running? (\(error))")
        }
        let end = channel.channel.eventLoop.scheduleTask(in: Self.patience) {
            channel.channel.close(promise: nil)
        }
        defer { end.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            var headers: HTTPHeaders = ["host": authority, "connection": "close"]
            if let token { headers.add(name: "authorization", value: "Bearer \(token)") }
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
            // In one write: the head alone is a whole request, whose answer may have closed the connection before the end is written.
            try await outbound.write(contentsOf: [.head(head), .end(nil)])
            var status: HTTPResponseStatus?
            var body = Data()
            for try await part in inbound {
                switch part {
                case .head(let head): status = head.status
                case .body(let bytes):
                    body.append(contentsOf: bytes.readableBytesView)
                    guard body.count <= Self.limit else {
                        throw Problem(description: "the answer to \(path) is too large")
                    }
                case .end:
                    guard status == .ok else {
                        let words = String(decoding: body.prefix(500), as: UTF8.self)
                        throw Problem(description: "\(path) was answered \(status?.code ?? 0): \(words)")
                    }
                    return body
                }
            }
            throw Problem(description: "\(authority) did not answer \(path) to the end")
        }
    }
}
