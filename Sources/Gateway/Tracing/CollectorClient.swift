import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import TLS
import Tracing
import Upstream

/// An OpenTelemetry collector, over OTLP/HTTP.
final class CollectorClient: Sendable {
    private typealias Answer = (head: HTTPResponseHead, body: ByteBuffer)

    /// Who sends, as each request tells.
    let source: ExportSource

    private let cluster: NIOLoopBound<UpstreamCluster>
    private let eventLoop: any EventLoop
    private let head: HTTPRequestHead
    /// What is sent, for the log.
    private let what: String
    private let logger: Logger
    /// Whether the last batch was delivered, so that a collector that is away is told of once.
    private let isWell = Mutex(true)

    /// Called on any thread.
    ///
    /// - Parameter key: the settings' own key in the configuration; errors name it.
    /// - Throws: `GatewayError` if the authority's file cannot be used.
    static func make(
        _ settings: GatewayConfiguration.Collector,
        sending what: String,
        key: String,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> CollectorClient {
        let timeouts = UpstreamTimeouts(
            connect: .seconds(5),
            firstByte: .seconds(10),
            idle: .seconds(10),
            total: .seconds(10)
        )
        let server = settings.server
        let peer: UpstreamPeer
        if server.scheme == "https" {
            let context = try context(settings, key)
            peer = .https(
                host: server.host,
                port: server.port,
                tls: TLSContextSource(context),
                timeouts: timeouts
            )
        } else {
            peer = .http(host: server.host, port: server.port, timeouts: timeouts)
        }
        return try await eventLoop.submit {
            CollectorClient(
                settings,
                what: what,
                cluster: UpstreamCluster(UpstreamServers(peer), eventLoop: eventLoop, logger: logger),
                eventLoop: eventLoop,
                logger: logger
            )
        }.get()
    }

    private init(
        _ settings: GatewayConfiguration.Collector,
        what: String,
        cluster: UpstreamCluster,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.cluster = NIOLoopBound(cluster, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.what = what
        self.logger = logger
        var headers: HTTPHeaders = ["content-type": ExportSource.contentType, "user-agent": "guardian"]
        for field in settings.fields { headers.replaceOrAdd(name: field.name, value: field.value) }
        head = HTTPRequestHead(version: .http1_1, method: .POST, uri: settings.path, headers: headers)
        source = ExportSource(service: settings.service, instance: "\(SpanID.random())", version: "0.1.0")
    }

    func shutDown() {
        eventLoop.execute { [cluster] in cluster.value.shutDown() }
    }

    /// Sends the body of an export request once.
    func send(_ body: [UInt8]) async -> Delivery {
        let result: Result<Answer, any Error>
        do {
            result = .success(try await exchange(body).get())
        } catch {
            result = .failure(error)
        }
        return delivery(result)
    }

    /// The same for a thread that may wait, which one of an event loop may not.
    func sendWaiting(_ body: [UInt8]) -> Delivery {
        delivery(Result { try exchange(body).wait() })
    }

    private func exchange(_ body: [UInt8]) -> EventLoopFuture<Answer> {
        eventLoop.flatSubmit { [cluster, head] in
            WholeExchange.run(head, body: .bytes(ByteBuffer(bytes: body)), on: cluster.value)
        }
    }

    private func delivery(_ result: Result<Answer, any Error>) -> Delivery {
        let delivery: Delivery
        let reason: String
        switch result {
        case .success(let answer):
            reason = "\(answer.head.status.code)"
            delivery = Self.delivery(of: answer.head, body: answer.body)
        case .failure(let error as UpstreamError):
            (delivery, reason) = (.postponed(after: nil), error.code.rawValue)
        case .failure(let error):
            (delivery, reason) = (.postponed(after: nil), "\(error)")
        }
        note(delivery, reason)
        return delivery
    }

    /// What an answer means (OTLP specification, "OTLP/HTTP Response"): 429, 502, 503 and 504 may be tried again. 400 and 413 are
    /// about what was sent; other refusals are about the sender or the place, and would be the same for anything.
    static func delivery(of head: HTTPResponseHead, body: ByteBuffer) -> Delivery {
        switch head.status.code {
        case 200..<300: return .taken(rejected: ExportSource.rejected(Array(body.readableBytesView)))
        case 429, 502, 503, 504:
            // A date is not read: the exporter's own pauses do.
            let seconds = head.headers.first(name: "retry-after").flatMap { Int($0) }
            return .postponed(after: seconds.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil })
        case 400, 413: return .unacceptable
        default: return .refused
        }
    }

    private func note(_ delivery: Delivery, _ reason: String) {
        var isDelivered = false
        if case .taken = delivery { isDelivered = true }
        let wasWell = isWell.withLock { isWell in
            defer { isWell = isDelivered }
            return isWell
        }
        if wasWell, !isDelivered {
            logger.warning(
                "The collector does not take what it is sent",
                metadata: ["what": "\(what)", "reason": "\(reason)"]
            )
        } else if !wasWell, isDelivered {
            logger.info("The collector takes what it is sent again", metadata: ["what": "\(what)"])
        }
    }

    private static func context(
        _ settings: GatewayConfiguration.Collector,
        _ key: String
    ) throws(GatewayError) -> TLSContext {
        do throws(TLSError) {
            var client = TLSClientConfiguration(serverName: settings.server.host)
            client.applicationProtocols = ["http/1.1"]
            if let authority = settings.authority { client.trustRoots = .file(authority) }
            return try .client(client)
        } catch {
            throw GatewayError(.certificates, "\(key): \(error)")
        }
    }
}
