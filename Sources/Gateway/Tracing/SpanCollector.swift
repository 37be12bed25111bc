import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import TLS
import Tracing
import Upstream

/// The OpenTelemetry collector that spans are sent to, over OTLP/HTTP.
final class SpanCollector: Sendable {
    private let cluster: NIOLoopBound<UpstreamCluster>
    private let eventLoop: any EventLoop
    private let head: HTTPRequestHead
    private let encoder: SpanEncoder
    private let logger: Logger
    /// Whether the last batch was delivered, so that a collector that is away is told of once.
    private let isWell = Mutex(true)

    /// Called on any thread.
    ///
    /// - Throws: `GatewayError` if the authority's file cannot be used.
    static func make(
        _ settings: GatewayConfiguration.Tracing,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> SpanCollector {
        let timeouts = UpstreamTimeouts(
            connect: .seconds(5),
            firstByte: .seconds(10),
            idle: .seconds(10),
            total: .seconds(10)
        )
        let server = settings.server
        let peer: UpstreamPeer
        if server.scheme == "https" {
            let context = try context(settings)
            peer = .https(host: server.host, port: server.port, tls: context, timeouts: timeouts)
        } else {
            peer = .http(host: server.host, port: server.port, timeouts: timeouts)
        }
        return try await eventLoop.submit {
            SpanCollector(
                settings,
                cluster: UpstreamCluster(UpstreamServers(peer), eventLoop: eventLoop, logger: logger),
                eventLoop: eventLoop,
                logger: logger
            )
        }.get()
    }

    private init(
        _ settings: GatewayConfiguration.Tracing,
        cluster: UpstreamCluster,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.cluster = NIOLoopBound(cluster, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.logger = logger
        var headers: HTTPHeaders = ["content-type": SpanEncoder.contentType, "user-agent": "guardian"]
        for field in settings.fields { headers.replaceOrAdd(name: field.name, value: field.value) }
        head = HTTPRequestHead(version: .http1_1, method: .POST, uri: settings.path, headers: headers)
        encoder = SpanEncoder(service: settings.service, instance: "\(SpanID.random())", version: "0.1.0")
    }

    func shutDown() {
        eventLoop.execute { [cluster] in cluster.value.shutDown() }
    }

    /// Sends a batch once.
    func send(_ spans: [Span]) async -> SpanExporter.Delivery {
        guard let body = try? encoder.body(spans) else { return .refused }
        let delivery: SpanExporter.Delivery
        let reason: String
        do {
            let answer = try await eventLoop.flatSubmit { [cluster, head] in
                WholeExchange.run(head, body: .bytes(ByteBuffer(bytes: body)), on: cluster.value)
            }.get()
            reason = "\(answer.head.status.code)"
            delivery = Self.delivery(of: answer.head, body: answer.body)
        } catch let error as UpstreamError {
            (delivery, reason) = (.postponed(after: nil), error.code.rawValue)
        } catch {
            (delivery, reason) = (.postponed(after: nil), "\(error)")
        }
        note(delivery, reason)
        return delivery
    }

    /// What an answer means (OTLP specification, "OTLP/HTTP Response"): 429, 502, 503 and 504 may be tried again.
    static func delivery(of head: HTTPResponseHead, body: ByteBuffer) -> SpanExporter.Delivery {
        switch head.status.code {
        case 200..<300: return .taken(rejected: SpanEncoder.rejected(Array(body.readableBytesView)))
        case 429, 502, 503, 504:
            // A date is not read: the exporter's own pauses do.
            let seconds = head.headers.first(name: "retry-after").flatMap { Int($0) }
            return .postponed(after: seconds.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil })
        default: return .refused
        }
    }

    private func note(_ delivery: SpanExporter.Delivery, _ reason: String) {
        var isDelivered = false
        if case .taken = delivery { isDelivered = true }
        let wasWell = isWell.withLock { isWell in
            defer { isWell = isDelivered }
            return isWell
        }
        if wasWell, !isDelivered {
            logger.warning("The collector does not take spans", metadata: ["reason": "\(reason)"])
        } else if !wasWell, isDelivered {
            logger.info("The collector takes spans again")
        }
    }

    private static func context(_ settings: GatewayConfiguration.Tracing) throws(GatewayError) -> TLSContext {
        do throws(TLSError) {
            var client = TLSClientConfiguration(serverName: settings.server.host)
            client.applicationProtocols = ["http/1.1"]
            if let authority = settings.authority { client.trustRoots = .file(authority) }
            return try .client(client)
        } catch {
            throw GatewayError(.certificates, "tracing: \(error)")
        }
    }
}
