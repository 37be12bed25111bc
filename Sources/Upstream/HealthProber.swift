package import Logging
package import NIOCore
import NIOHTTP1

/// Asks each server of an upstream for a page now and then, and tells the board whether it answered.
///
/// Belongs to one event loop and has connections of its own, so a probe neither waits behind exchanges nor is counted
/// among them.
package final class HealthProber {
    package struct Settings: Sendable, Hashable {
        /// The path that is asked for with GET. Any status from 200 to 399 is a success.
        package var path: String
        /// From one probe of a server to the next.
        package var interval: TimeAmount
        /// How long a probe may take.
        package var timeout: TimeAmount

        package init(path: String, interval: TimeAmount = .seconds(5), timeout: TimeAmount = .seconds(2)) {
            self.path = path
            self.interval = interval
            self.timeout = timeout
        }
    }

    private let board: HealthBoard
    private let settings: Settings
    private let clusters: [UpstreamCluster]
    private let eventLoop: any EventLoop
    private var probes: [Int: Probe] = [:]
    private var task: RepeatedTask?

    package init(_ upstream: UpstreamServers, _ settings: Settings, eventLoop: any EventLoop, logger: Logger) {
        self.board = upstream.board
        self.settings = settings
        self.eventLoop = eventLoop
        self.clusters = upstream.servers.map { server in
            var peer = server.peer
            peer.timeouts.connect = settings.timeout
            peer.timeouts.firstByte = settings.timeout
            peer.timeouts.total = settings.timeout
            // What is found out by probes is asked for whatever became of the last.
            let servers = UpstreamServers([.init(peer: peer)], breaker: .init(failures: nil))
            return UpstreamCluster(servers, eventLoop: eventLoop, logger: logger)
        }
    }

    /// Begins with a probe of each server.
    package func start() {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.task = self.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: self.settings.interval) { _ in
            bound.value.probeAll()
        }
    }

    package func stop() {
        self.task?.cancel()
        self.task = nil
        for probe in self.probes.values { probe.cancel() }
        self.probes = [:]
        for cluster in self.clusters { cluster.shutDown() }
    }

    private func probeAll() {
        for (server, cluster) in self.clusters.enumerated() where self.probes[server] == nil {
            let probe = Probe(cluster: cluster, path: self.settings.path) { [weak self] succeeded in
                guard let self, self.probes.removeValue(forKey: server) != nil else { return }
                self.board.probed(server, succeeded: succeeded)
            }
            self.probes[server] = probe
            probe.start()
        }
    }
}

@available(*, unavailable)
extension HealthProber: Sendable {}

/// One request of a prober.
private final class Probe: UpstreamExchangeDelegate {
    private let done: (Bool) -> Void
    private var exchange: UpstreamExchange?
    private let cluster: UpstreamCluster
    private let path: String
    private var succeeded = false

    init(cluster: UpstreamCluster, path: String, done: @escaping (Bool) -> Void) {
        self.cluster = cluster
        self.path = path
        self.done = done
    }

    func start() {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: self.path,
            headers: ["user-agent": "guardian", "accept": "*/*"]
        )
        let exchange = UpstreamExchange(cluster: self.cluster, head: head, body: .none, delegate: self)
        self.exchange = exchange
        exchange.start()
    }

    func cancel() {
        self.exchange?.cancel()
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {}

    func upstreamAnswered(_ head: HTTPResponseHead) {
        self.succeeded = (200..<400).contains(head.status.code)
        self.exchange?.demand()
    }

    func upstreamSent(_ chunk: ByteBuffer) {}

    func upstreamReadCompleted() { self.exchange?.demand() }

    func upstreamFinished() { self.done(self.succeeded) }

    func upstreamFailed(_ error: UpstreamError) { self.done(false) }
}
