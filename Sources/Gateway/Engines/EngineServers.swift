import Engines
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Upstream

/// The servers of one remote engine, on one event loop.
final class EngineServers: ModelServer {
    /// What became of asking a second server.
    enum Hedge: String, Sendable {
        /// It was asked, and the first was quicker, or both failed.
        case lost
        /// It was asked, and its answer was taken.
        case won
    }

    /// The most that an answer may have: a verdict is short, and its probabilities are not long.
    private static let answerBytes = 256 << 10

    let name: String
    let servers: UpstreamServers
    /// Of connections to them; nil where none has TLS.
    let certificates: CertificateWatch?
    private let cluster: NIOLoopBound<UpstreamCluster>
    private let prober: NIOLoopBound<HealthProber>?
    private let eventLoop: any EventLoop
    private let headers: HTTPHeaders
    private let hedgeAfter: TimeAmount?
    private let capacity: Int
    private let underWay = Atomic<Int>(0)
    private let onHedge: @Sendable (Hedge) -> Void

    /// Called on any thread.
    ///
    /// - Throws: `GatewayError` if a file of certificates cannot be used.
    static func make(
        _ engine: GatewayConfiguration.Engine,
        eventLoop: any EventLoop,
        logger: Logger,
        onHedge: @escaping @Sendable (Hedge) -> Void = { _ in },
        onReload: @escaping @Sendable (CertificateWatch.Outcome) -> Void = { _ in }
    ) async throws -> EngineServers {
        let stamps = engine.api.fileStamps
        let servers = try Gateway.servers(engine.api)
        let certificates = CertificateWatch(engine.api, of: servers, stamps: stamps, logger: logger, onReload: onReload)
        let prober = try await Gateway.prober(servers, engine.api, eventLoop, logger)
        return try await eventLoop.submit {
            EngineServers(
                engine,
                servers: servers,
                certificates: certificates,
                cluster: UpstreamCluster(servers, eventLoop: eventLoop, logger: logger),
                prober: prober?.bound,
                eventLoop: eventLoop,
                onHedge: onHedge
            )
        }.get()
    }

    private init(
        _ engine: GatewayConfiguration.Engine,
        servers: UpstreamServers,
        certificates: CertificateWatch?,
        cluster: UpstreamCluster,
        prober: NIOLoopBound<HealthProber>?,
        eventLoop: any EventLoop,
        onHedge: @escaping @Sendable (Hedge) -> Void
    ) {
        name = engine.name
        self.servers = servers
        self.certificates = certificates
        self.cluster = NIOLoopBound(cluster, eventLoop: eventLoop)
        self.prober = prober
        self.eventLoop = eventLoop
        self.onHedge = onHedge
        hedgeAfter = engine.hedgeAfter.map { .nanoseconds($0.nanoseconds) }
        capacity = engine.queue
        var headers: HTTPHeaders = ["content-type": "application/json", "user-agent": "guardian"]
        if let credential = engine.api.authorization {
            headers.add(name: "authorization", value: credential.contains(" ") ? credential : "Bearer \(credential)")
        }
        self.headers = headers
    }

    /// Begins to probe the servers, if they are to be probed.
    func start() {
        eventLoop.execute { [prober] in prober?.value.start() }
    }

    func shutDown() {
        eventLoop.execute { [prober, cluster] in
            prober?.value.stop()
            cluster.value.shutDown()
        }
    }

    func post(
        _ path: String,
        _ body: [UInt8],
        deadline: ContinuousClock.Instant?
    ) async throws(EngineFailure) -> [UInt8] {
        guard underWay.add(1, ordering: .relaxed).newValue <= capacity else {
            underWay.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        defer { underWay.subtract(1, ordering: .relaxed) }
        let answer: HedgedExchange.Answer
        do {
            answer = try await exchange(path, ByteBuffer(bytes: body), deadline: deadline)
        } catch {
            throw Self.failure(of: error)
        }
        if answer.wasHedged { onHedge(answer.isHedge ? .won : .lost) }
        guard answer.status == 200 else { throw .status(answer.status) }
        return Array(answer.body.readableBytesView)
    }

    private func exchange(
        _ path: String,
        _ body: ByteBuffer,
        deadline: ContinuousClock.Instant?
    ) async throws -> HedgedExchange.Answer {
        let left = deadline.map { ContinuousClock.now.duration(to: $0).nanoseconds } ?? .max
        let limit = NIODeadline.now() + .nanoseconds(max(0, min(left, 3_600_000_000_000)))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)
        let limits = HedgedExchange.Limits(hedgeAfter: hedgeAfter, deadline: limit, bodyBytes: Self.answerBytes)
        let running = Running()
        return try await withTaskCancellationHandler {
            try await eventLoop.flatSubmit { [cluster, eventLoop] in
                let exchange = HedgedExchange(head, body: body, on: cluster.value, limits: limits)
                running.began(NIOLoopBound(exchange, eventLoop: eventLoop))
                return exchange.run()
            }.get()
        } onCancel: {
            eventLoop.execute { running.cancel() }
        }
    }

    /// The exchange of a task that may be cancelled before it has begun. Used on the event loop only.
    private final class Running: Sendable {
        private let state = Mutex<(exchange: NIOLoopBound<HedgedExchange>?, isCancelled: Bool)>((nil, false))

        func began(_ exchange: NIOLoopBound<HedgedExchange>) {
            let isCancelled = state.withLock { state in
                state.exchange = exchange
                return state.isCancelled
            }
            if isCancelled { exchange.value.cancel() }
        }

        func cancel() {
            let exchange = state.withLock { state in
                state.isCancelled = true
                return state.exchange
            }
            exchange?.value.cancel()
        }
    }

    static func failure(of error: any Error) -> EngineFailure {
        guard let error = error as? UpstreamError else { return .failed(String(describing: type(of: error))) }
        switch error.code {
        case .poolExhausted: return .overloaded
        case .totalTimeout, .firstByteTimeout, .idleTimeout: return .deadlineExceeded
        case .badResponse: return .unreadable(error.detail.isEmpty ? error.code.rawValue : error.detail)
        case .nameNotFound, .connectRefused, .connectTimeout, .unreachable, .tlsFailed, .circuitOpen, .closedEarly:
            return .unreachable(error.code.rawValue)
        }
    }
}
