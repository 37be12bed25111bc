import Listening
package import Logging
package import NIOCore
package import NIOPosix
import Synchronization
import TLS

/// Listens, and gives each connection its handlers.
///
/// Start it once. The event loops are the caller's and outlive it.
package final class ProxyServer: Sendable {
    package let metrics = ProxyMetrics()

    private let configuration: ProxyConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    /// One per event loop, looked up by the loop's identity.
    private let workers: [ObjectIdentifier: NIOLoopBound<ProxyWorker>]
    private let loops: [any EventLoop]
    private let clients = ClientCounts()
    private let listeners = Mutex<[ListenerSocket]>([])

    package init(
        configuration: ProxyConfiguration,
        filter: any ProxyFilter,
        group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) async throws {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.loops = Array(group.makeIterator())
        var workers: [ObjectIdentifier: NIOLoopBound<ProxyWorker>] = [:]
        let metrics = self.metrics
        for loop in self.loops {
            workers[ObjectIdentifier(loop)] = try await loop.submit {
                NIOLoopBound(
                    ProxyWorker(
                        eventLoop: loop,
                        configuration: configuration,
                        filter: filter,
                        metrics: metrics,
                        logger: logger
                    ),
                    eventLoop: loop
                )
            }.get()
        }
        self.workers = workers
    }

    /// Binds all listeners.
    ///
    /// - Returns: their addresses, in the order of the configuration.
    /// - Throws: the error of the first address that cannot be had; those bound before it are closed again.
    package func start() async throws -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        do {
            for listener in self.configuration.listeners {
                let open = try await ListenerSocket.open(listener.place, on: self.group) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.accept(channel, listener) }
                }
                self.listeners.withLock { $0.append(open) }
                if let address = open.channel.localAddress { addresses.append(address) }
            }
        } catch {
            await self.closeListeners()
            throw error
        }
        return addresses
    }

    /// Stops accepting, lets the exchanges under way finish, and cuts what is left at the deadline.
    package func shutdown(deadline: NIODeadline) async {
        await self.yieldPorts()
        await self.closeListeners()
        let drained = self.loops.compactMap { loop in
            self.workers[ObjectIdentifier(loop)].map { worker in loop.flatSubmit { worker.value.drain() } }
        }
        let cuts = self.loops.compactMap { loop in
            self.workers[ObjectIdentifier(loop)].map { worker in
                loop.scheduleTask(deadline: deadline) { worker.value.cut() }
            }
        }
        for worker in drained {
            // Never fails: it is only ever succeeded, by the last connection that closes.
            try? await worker.get()
        }
        for cut in cuts {
            cut.cancel()
        }
        for loop in self.loops {
            guard let worker = self.workers[ObjectIdentifier(loop)] else { continue }
            try? await loop.submit { worker.value.cut() }.get()
        }
    }

    /// Sends new connections to whoever else listens at a shared port, and takes those that were made before.
    private func yieldPorts() async {
        let sockets = self.listeners.withLock { $0 }
        var yielded = false
        for socket in sockets {
            if await socket.yieldPort() { yielded = true }
        }
        if yielded { try? await Task.sleep(for: ListenerSocket.handOver) }
    }

    private func closeListeners() async {
        let sockets = self.listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for socket in sockets {
            do {
                try await socket.close()
            } catch {
                self.logger.debug("A listener was closed already", metadata: ["error": "\(error)"])
            }
        }
    }

    private func accept(_ channel: any Channel, _ listener: ProxyConfiguration.Listener) throws {
        guard let worker = self.workers[ObjectIdentifier(channel.eventLoop)]?.value else {
            throw ChannelError.ioOnClosedChannel
        }
        let open = self.metrics.open.add(1)
        channel.closeFuture.whenComplete { _ in
            self.metrics.open.add(-1)
        }
        self.metrics.accepted.add(1)
        guard open <= self.configuration.limits.connections, !worker.isDraining else {
            self.metrics.countError("too_many_connections")
            return channel.close(promise: nil)
        }
        let peer = channel.remoteAddress
        guard listener.trustedPeers.contains(IPAddress(peer)) else {
            return try self.serve(channel, of: peer, listener, worker)
        }
        try channel.pipeline.syncOperations.addHandler(
            ProxyHeaderHandler(worker: worker) { channel, client in
                try self.serve(channel, of: client, listener, worker)
            }
        )
    }

    /// Gives a connection the handlers that serve it.
    ///
    /// - Parameter client: whose connection it is; nil for one without an address.
    private func serve(
        _ channel: any Channel,
        of client: SocketAddress?,
        _ listener: ProxyConfiguration.Listener,
        _ worker: ProxyWorker
    ) throws {
        guard self.admit(channel, of: client) else {
            self.metrics.countError("too_many_connections_from_client")
            return channel.close(promise: nil)
        }
        let peer = ConnectionPeer(client, isTLS: listener.tls != nil, trustedProxies: listener.trustedProxies)
        if let tls = listener.tls {
            try channel.pipeline.syncOperations.addHandler(TLSHandler(context: tls.current))
            try channel.pipeline.syncOperations.addHandler(ProtocolChooser(worker: worker, peer: peer))
        } else {
            try HTTP1Pipeline.add(to: channel, peer: peer, worker: worker)
        }
    }

    /// Counts a connection to its client. False if the client has as many as it may.
    private func admit(_ channel: any Channel, of client: SocketAddress?) -> Bool {
        guard let client = ClientCounts.Address(client) else { return true }
        let count = self.clients.add(client)
        channel.closeFuture.whenComplete { _ in self.clients.remove(client) }
        return count <= self.configuration.limits.connectionsPerClient
    }
}
