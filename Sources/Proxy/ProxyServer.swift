package import Logging
package import NIOCore
import NIOHTTP1
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
    private let listeners = Mutex<[any Channel]>([])

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
                let channel = try await self.bind(listener)
                self.listeners.withLock { $0.append(channel) }
                if let address = channel.localAddress { addresses.append(address) }
            }
        } catch {
            await self.closeListeners()
            throw error
        }
        return addresses
    }

    /// Stops accepting, lets the exchanges under way finish, and cuts what is left at the deadline.
    package func shutdown(deadline: NIODeadline) async {
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

    private func closeListeners() async {
        let channels = self.listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for channel in channels {
            do {
                try await channel.close()
            } catch {
                self.logger.debug("A listener was closed already", metadata: ["error": "\(error)"])
            }
        }
    }

    private func bind(_ listener: ProxyConfiguration.Listener) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel, tls: listener.tls) }
            }
        return try await bootstrap.bind(host: listener.host, port: listener.port).get()
    }

    private func accept(_ channel: any Channel, tls: TLSContextSource?) throws {
        guard let worker = self.workers[ObjectIdentifier(channel.eventLoop)] else {
            throw ChannelError.ioOnClosedChannel
        }
        let open = self.metrics.open.add(1)
        channel.closeFuture.whenComplete { _ in
            self.metrics.open.add(-1)
        }
        self.metrics.accepted.add(1)
        guard open <= self.configuration.limits.connections, !worker.value.isDraining else {
            self.metrics.countError("too_many_connections")
            return channel.close(promise: nil)
        }
        guard self.admit(channel) else {
            self.metrics.countError("too_many_connections_from_client")
            return channel.close(promise: nil)
        }
        if let tls {
            try channel.pipeline.syncOperations.addHandler(TLSHandler(context: tls.current))
            try channel.pipeline.syncOperations.addHandler(ProtocolChooser(worker: worker.value))
        } else {
            try HTTP1Pipeline.add(to: channel, isTLS: false, worker: worker.value)
        }
    }

    /// Counts a connection to its client. False if the client has as many as it may.
    private func admit(_ channel: any Channel) -> Bool {
        guard let client = ClientCounts.Address(channel.remoteAddress) else { return true }
        let count = self.clients.add(client)
        channel.closeFuture.whenComplete { _ in self.clients.remove(client) }
        return count <= self.configuration.limits.connectionsPerClient
    }
}
