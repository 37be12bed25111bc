import Audit
import DecisionStore
import Foundation
import Guard
import GuardCore
package import GuardianModel
import Listening
package import Logging
import NIOCore
import NIOPosix
import Policy
import PolicyLanguage
import Proxy
import Rules
import Synchronization
import TLS
import Tracing
import Upstream

/// The gateway, composed: the one place that sees the proxy and the guard together.
///
/// Order of starting: policy, certificates, model, then the listeners, so that whatever is wrong is said before a port
/// is open. Order of stopping: readiness, listeners, exchanges and what is judged beside them up to the deadline, model, audit.
package final class Gateway: Sendable {
    /// Where the gateway listens, once started.
    package struct Addresses: Sendable {
        package var gateway: String
        package var admin: String
    }

    private let configuration: GatewayConfiguration
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    /// The one inside: it judges, unless the configuration leaves it out, and writes safeguard responses.
    private let engine: GuardianEngine
    private let engines: EngineAssembly
    private let policy: PolicyWatch
    private let policyTask = Mutex<Task<Void, Never>?>(nil)
    private let audit: StoringSink
    /// nil where nothing is traced.
    private let tracing: (exporter: SpanExporter, collector: CollectorClient)?
    private let tracingTask = Mutex<Task<Void, Never>?>(nil)
    private let readiness = Readiness()
    /// nil where the gateway listens without TLS.
    private let certificates: CertificateWatch?
    /// Of the admin listener; nil where it has no TLS.
    private let adminCertificates: CertificateWatch?
    /// Of connections to the upstream; nil where none of them has TLS.
    private let upstreamCertificates: CertificateWatch?
    /// Of whoever may read the texts of records; nil where nobody is named.
    private let auditCertificate: CertificateWatch?
    private let certificateTasks = Mutex<[Task<Void, Never>]>([])
    private let metrics = GatewayMetrics()
    private let pendingRecords = PendingRecords()
    private let callers: CallerDirectory
    /// nil where the upstream's servers are not probed.
    private let prober: (bound: NIOLoopBound<HealthProber>, eventLoop: any EventLoop)?
    private let proxy: ProxyServer
    private let admin: ProxyServer

    /// Loads everything; opens no port.
    ///
    /// - Throws: `GatewayError`.
    package init(_ configuration: GatewayConfiguration, logger: Logger) async throws {
        self.configuration = configuration
        self.logger = logger
        // Before the model, which takes longer to load.
        _ = try PolicyCompiler.compile(path: configuration.policy)
        let metrics = self.metrics
        certificates = try configuration.tls.map { tls throws(GatewayError) in
            try CertificateWatch(tls, logger: logger) { metrics.countReload(.certificates, $0) }
        }
        adminCertificates = try configuration.administration.tls.map { tls throws(GatewayError) in
            try CertificateWatch(tls, logger: logger) { metrics.countReload(.adminCertificates, $0) }
        }
        callers = CallerDirectory(
            try configuration.callers.keys.map(Self.keys),
            passesOnCredentials: configuration.upstream.authorization == nil
        )
        let stamps = configuration.upstream.fileStamps
        let servers = try Self.servers(configuration.upstream)
        upstreamCertificates = CertificateWatch(configuration.upstream, of: servers, stamps: stamps, logger: logger) {
            metrics.countReload(.upstreamCertificates, $0)
        }
        let auditStamps = configuration.audit.fileStamps
        let sealer = try AuditPlace.sealer(configuration.audit).map(ContentSealerSource.init)
        auditCertificate = CertificateWatch(configuration.audit, of: sealer, stamps: auditStamps, logger: logger) {
            metrics.countReload(.auditCertificate, $0)
        }
        engine = try Self.engine(configuration.model, capacity: configuration.model.queue)
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        audit = try await Self.audit(configuration, group.next(), logger)
        engines = try await EngineAssembly.make(
            configuration,
            embedded: engine,
            metrics: metrics,
            eventLoop: group.next(),
            logger: logger
        )
        policy = try PolicyWatch(
            policy: configuration.policy,
            candidate: configuration.candidate,
            classifier: engines.classifier,
            writer: engine,
            logger: logger
        ) { metrics.notePolicy($0, inForce: $1) }

        tracing = try await Self.tracing(configuration.tracing, group.next(), logger)
        let environment = GuardFilter.Environment(
            configuration: configuration,
            audit: audit,
            metrics: metrics,
            modelDigest: engines.usesEmbedded ? engine.digest : nil,
            spans: tracing?.exporter,
            sealer: sealer,
            callers: callers,
            ledger: ConversationLedger(configuration.conversationLimits),
            pendingRecords: pendingRecords
        )
        var limits = configuration.limits
        limits.bodyBytes = configuration.bodyLimit
        proxy = try await ProxyServer(
            configuration: ProxyConfiguration(
                listeners: [
                    .init(
                        try Self.place(configuration),
                        tls: certificates?.source,
                        trustedPeers: configuration.trustedPeers,
                        trustedProxies: configuration.trustedProxies
                    )
                ],
                limits: limits,
                upstream: servers
            ),
            filter: GuardFilter(store: policy.store, environment: environment),
            group: group,
            logger: logger
        )
        prober = try await Self.prober(servers, configuration.upstream, group.next(), logger)
        let gauges = LiveGauges(metrics.registry)
        let started = AuditTime.now()
        let api = DashboardAPI(
            store: audit.store,
            tuning: TuningDesk(
                store: audit.store,
                policy: { [policy] in policy.store.current.base.policy },
                file: configuration.policy,
                candidate: configuration.candidate
            ),
            status: { [proxy, policy, engine, audit, readiness] in
                GatewayStatus(
                    proxy,
                    policy,
                    engine,
                    servers,
                    audit,
                    started: started,
                    isReady: readiness.isReady
                )
            }
        )
        admin = try await ProxyServer(
            configuration: ProxyConfiguration(
                listeners: [
                    .init(
                        host: configuration.admin.host,
                        port: configuration.admin.port,
                        tls: adminCertificates?.source
                    )
                ]
            ),
            filter: AdminFilter(
                readiness: readiness,
                access: AdminAccess(
                    tokenDigest: configuration.administration.tokenDigest,
                    requiresCertificate: configuration.administration.tls?.clientAuthority != nil
                ),
                api: api
            ) { [proxy, engine, engines, audit, spans = tracing?.exporter] in
                gauges.update(
                    proxy: proxy.metrics,
                    upstream: servers,
                    engine: engine,
                    remote: engines.servers,
                    audit: audit,
                    spans: spans
                )
                return metrics.registry.exposition()
            },
            group: group,
            logger: logger
        )
    }

    /// Opens the ports.
    ///
    /// - Throws: `GatewayError` if an address cannot be had.
    package func start() async throws -> Addresses {
        do {
            // Its address is never shared: a gateway that cannot have it has not taken a connection from another one whose
            // port it shares.
            let admin = try await admin.start()
            let gateway = try await proxy.start()
            if let prober { try await prober.eventLoop.submit { prober.bound.value.start() }.get() }
            engines.start()
            let watching = certificateWatches.map { watch in Task { await watch.run() } }
            certificateTasks.withLock { $0 = watching }
            policyTask.withLock { [policy] in $0 = Task { await policy.run() } }
            if let tracing { tracingTask.withLock { $0 = Task { await tracing.exporter.run() } } }
            readiness.set(true)
            return Addresses(
                gateway: gateway.first?.pathname ?? Self.text(gateway.first),
                admin: Self.text(admin.first)
            )
        } catch {
            throw GatewayError(
                .system,
                "cannot listen at \(configuration.listen) and "
                    + "\(configuration.admin.host):\(configuration.admin.port): \(error)"
            )
        }
    }

    /// Reads the policy and its candidate again. A policy that is not valid changes nothing: the one in force stays.
    ///
    /// - Throws: `GatewayError`.
    package func reloadPolicy() throws {
        try policy.reload()
    }

    /// Reads the certificates again. Connections that are open are not touched.
    ///
    /// - Throws: `GatewayError` of the first that cannot be used; those in force stay in its place, and the others are read all the same.
    package func reloadCertificates() throws {
        var failure: GatewayError?
        for watch in certificateWatches {
            do throws(GatewayError) {
                try watch.reload()
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Of listeners, of connections to the upstream and to engines, and of the reader of records' texts.
    private var certificateWatches: [CertificateWatch] {
        [certificates, adminCertificates, upstreamCertificates, auditCertificate].compactMap { $0 }
            + engines.servers.compactMap(\.certificates)
    }

    /// Reads the keys of callers again. Exchanges under way are not touched.
    ///
    /// - Throws: `GatewayError`; the keys in force stay.
    package func reloadKeys() throws {
        if let path = configuration.callers.keys { callers.replace(try Self.keys(path)) }
    }

    private static func keys(_ path: String) throws(GatewayError) -> CallerKeys {
        do throws(PolicyError) {
            return try CallerKeys.load(path: path)
        } catch {
            throw GatewayError(.configuration, "\(error)")
        }
    }

    /// Opens the audit file again, if it was moved away.
    package func reopenAudit() { audit.reopen() }

    /// Returns when every event loop has had its turn: one that is stuck keeps this waiting.
    package func pulse() async {
        for loop in group.makeIterator() {
            try? await loop.submit {}.get()
        }
    }

    /// Stops: no new exchange is taken, those under way may finish up to the configured time.
    package func shutdown() async {
        readiness.set(false)
        for task in certificateTasks.withLock({ $0 }) { task.cancel() }
        policyTask.withLock { $0?.cancel() }
        let limit = NIODeadline.now() + .nanoseconds(configuration.drainTimeout.nanoseconds)
        let judgingLimit = ContinuousClock.now + configuration.drainTimeout
        await proxy.shutdown(deadline: limit)
        if let prober { try? await prober.eventLoop.submit { prober.bound.value.stop() }.get() }
        await admin.shutdown(deadline: .now() + .seconds(1))
        await pendingRecords.wait(until: judgingLimit)
        engines.shutDown()
        engine.shutDown()
        // What was not judged by now fails, and its record says so.
        await pendingRecords.wait(until: .now + Self.lastRecords)
        await closeAudit()
        await stopTracing()
        do {
            try await group.shutdownGracefully()
        } catch {
            logger.warning("The event loops did not stop cleanly", metadata: ["error": "\(error)"])
        }
    }

    /// How long records may take once nothing is judged any more.
    private static let lastRecords = Duration.seconds(2)
    /// How long a last batch of spans may take.
    private static let lastSpans = Duration.seconds(5)

    private func closeAudit() async {
        let audit = audit
        let failed = audit.statistics.failed
        await Task.detached { audit.close() }.value
        let lost = audit.statistics.failed - failed
        guard lost > 0 else { return }
        logger.warning("The audit log did not take its last records", metadata: ["records": "\(lost)"])
    }

    private func stopTracing() async {
        guard let tracing, let task = tracingTask.withLock({ $0 }) else { return }
        tracing.exporter.close()
        let limit = Task {
            try? await Task.sleep(for: Self.lastSpans)
            tracing.collector.shutDown()
            task.cancel()
        }
        await task.value
        limit.cancel()
        tracing.collector.shutDown()
    }

    private static func text(_ address: SocketAddress?) -> String {
        guard let address, let port = address.port else { return "?" }
        let host = address.ipAddress ?? "?"
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension Gateway {
    /// The audit log, and the store that gets a copy of each record.
    private static func audit(
        _ configuration: GatewayConfiguration,
        _ eventLoop: any EventLoop,
        _ logger: Logger
    ) async throws -> StoringSink {
        let log = try await AuditPlace.open(configuration.audit, eventLoop: eventLoop, logger: logger)
        do throws(StoreError) {
            let store = try DecisionStore(configuration.store.place, retention: configuration.store.retention)
            return StoringSink(log, store: store)
        } catch {
            throw GatewayError(.system, "store: \(error)")
        }
    }

    /// Where to listen; a socket that the service manager handed over is looked up.
    private static func place(
        _ configuration: GatewayConfiguration
    ) throws(GatewayError) -> ProxyConfiguration.Listener.Place {
        switch configuration.listen {
        case .tcp(let address):
            return .tcp(host: address.host, port: address.port, sharesPort: configuration.sharesPort)
        case .unix(let path):
            return .unix(path: path, mode: configuration.socketMode)
        case .inherited(let name):
            do throws(InheritedSocketsError) {
                let sockets = try InheritedSockets(environment: ProcessInfo.processInfo.environment)
                return .descriptor(try sockets.socket(named: name))
            } catch {
                throw GatewayError(.system, "cannot listen at \(configuration.listen): \(error)")
            }
        }
    }

    /// The servers of the API, each with the same limits and, for https, the same trust.
    static func servers(_ api: GatewayConfiguration.UpstreamAPI) throws(GatewayError) -> UpstreamServers {
        let timeouts = UpstreamTimeouts(
            connect: .nanoseconds(api.connectTimeout.nanoseconds),
            firstByte: .nanoseconds(api.firstByteTimeout.nanoseconds),
            idle: .nanoseconds(api.idleTimeout.nanoseconds),
            total: .nanoseconds(api.totalTimeout.nanoseconds)
        )
        let limits = UpstreamLimits(
            connections: api.connections,
            waiting: api.waiting,
            connectionAge: .nanoseconds(api.connectionAge.nanoseconds)
        )
        let servers = try api.servers.map { server throws(GatewayError) in
            if let path = server.socketPath {
                var peer = UpstreamPeer.unix(path: path, timeouts: timeouts, limits: limits)
                peer.http2 = api.http2
                return UpstreamServers.Server(peer: peer, weight: server.weight)
            }
            guard server.scheme == "https" else {
                var peer = UpstreamPeer.http(host: server.host, port: server.port, timeouts: timeouts, limits: limits)
                peer.http2 = api.http2
                return UpstreamServers.Server(peer: peer, weight: server.weight)
            }
            var peer = UpstreamPeer.https(
                host: server.host,
                port: server.port,
                tls: TLSContextSource(try clientContext(api, host: server.host)),
                timeouts: timeouts,
                limits: limits
            )
            peer.http2 = api.http2
            return UpstreamServers.Server(peer: peer, weight: server.weight)
        }
        let breaker = CircuitBreaker.Settings(
            failures: api.breakerFailures,
            time: .nanoseconds(api.breakerTime.nanoseconds)
        )
        return UpstreamServers(servers, retries: api.retries, breaker: breaker)
    }

    /// What sends spans, if anything is traced.
    private static func tracing(
        _ settings: GatewayConfiguration.Tracing?,
        _ eventLoop: any EventLoop,
        _ logger: Logger
    ) async throws -> (exporter: SpanExporter, collector: CollectorClient)? {
        guard let settings else { return nil }
        let collector = try await CollectorClient.make(
            settings.collector,
            sending: "spans",
            key: "tracing",
            eventLoop: eventLoop,
            logger: logger
        )
        let encoder = SpanEncoder(collector.source)
        let exporter = SpanExporter(settings.queue) { await collector.send(encoder.body($0)) }
        return (exporter, collector)
    }

    /// Makes the prober of the servers, if they are to be probed, on its event loop.
    static func prober(
        _ servers: UpstreamServers,
        _ api: GatewayConfiguration.UpstreamAPI,
        _ eventLoop: any EventLoop,
        _ logger: Logger
    ) async throws -> (bound: NIOLoopBound<HealthProber>, eventLoop: any EventLoop)? {
        guard let path = api.healthPath else { return nil }
        let settings = HealthProber.Settings(
            path: path,
            interval: .nanoseconds(api.healthInterval.nanoseconds),
            timeout: .nanoseconds(api.healthTimeout.nanoseconds)
        )
        let bound = try await eventLoop.submit {
            NIOLoopBound(HealthProber(servers, settings, eventLoop: eventLoop, logger: logger), eventLoop: eventLoop)
        }.get()
        return (bound, eventLoop)
    }

    /// What connections to a server of the API are shown and believed by, from its files.
    static func clientContext(
        _ api: GatewayConfiguration.UpstreamAPI,
        host: String
    ) throws(GatewayError) -> TLSContext {
        do throws(TLSError) {
            var client = TLSClientConfiguration(serverName: host)
            client.applicationProtocols = api.http2 == .never ? ["http/1.1"] : ["h2", "http/1.1"]
            if let authority = api.authority { client.trustRoots = .file(authority) }
            client.identity = api.identity.map { .init(certificateChain: $0.certificate, privateKey: $0.key) }
            return try .client(client)
        } catch {
            throw GatewayError(.certificates, "\(error)")
        }
    }

    /// Loads the guardian model, its digest checked, and starts its threads.
    ///
    /// - Parameters:
    ///   - capacity: requests under way.
    ///   - longTexts: those of them that are taken however long their texts are.
    package static func engine(
        _ model: GatewayConfiguration.Model,
        capacity: Int,
        longTexts: Int = 8
    ) throws(GatewayError) -> GuardianEngine {
        let loaded: GuardianModel
        do throws(GuardianModelError) {
            loaded = try GuardianModel(contentsOf: model.file, digest: { try Digest.sha256Hex(of: $0) })
        } catch {
            var words = "\(error)"
            if case .modelFile = error { words += ". Make it with make model, or name another packed file." }
            throw GatewayError(.init(error), words)
        }
        do throws(GuardianModelError) {
            return try GuardianEngine(
                loaded,
                threads: model.threads,
                capacity: capacity,
                longTexts: longTexts,
                pageBytes: model.memory
            )
        } catch {
            throw GatewayError(.model, "\(error)")
        }
    }
}

extension Duration {
    /// Held to what 64 bits hold.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole + attoseconds / 1_000_000_000
    }
}
