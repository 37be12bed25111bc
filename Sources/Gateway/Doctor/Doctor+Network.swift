import Audit
import Foundation
import Listening
import NIOCore
import NIOPosix
import Tracing
import Upstream

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Doctor {
    /// How long a server of the upstream may take for the one request.
    private static let patience = TimeAmount.seconds(10)

    func addresses() async -> [CheckResult] {
        let gateway = await listen()
        var admin = await address("admin", configuration.admin)
        if admin.verdict == .ok, !configuration.admin.isLoopback {
            admin = .warning(
                "admin",
                "\(configuration.admin.text) can be reached from other machines",
                "health and metrics have no password: keep them on loopback or behind a firewall"
            )
        }
        return [gateway, admin]
    }

    private func listen() async -> CheckResult {
        switch configuration.listen {
        case .tcp(let address):
            return await listen(at: address)
        case .inherited(let name):
            return inherited(name)
        case .unix(let path):
            let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
            guard access(folder.isEmpty ? "/" : String(folder), W_OK | X_OK) == 0 else {
                return .failure("listen", "this user may not make \(path)", "its folder must be there and writable")
            }
            // A socket may be left over. The gateway takes nothing else away.
            var status = stat()
            guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFSOCK else {
                return .failure("listen", "\(path) is there, and no socket", "name another path, or move it away")
            }
            return .ok("listen", "\(configuration.listen) can be made")
        }
    }

    private func listen(at address: GatewayConfiguration.Address) async -> CheckResult {
        let admin = configuration.admin
        let result = await self.address("listen", address)
        guard address.port == admin.port, address.port != 0 else { return result }
        var isShared = address == admin
        if !isShared, result.verdict == .ok { isShared = await isTaken(address, with: admin) }
        guard isShared else { return result }
        return .failure(
            "listen",
            "\(address.text) cannot be had beside admin.address, \(admin.text)",
            "give one of them another port"
        )
    }

    /// Whether an address that can be had by itself cannot be had beside another one. Which hosts share their ports is for the
    /// system to say.
    private func isTaken(
        _ address: GatewayConfiguration.Address,
        with other: GatewayConfiguration.Address
    ) async -> Bool {
        guard let held = try? await bind(other) else { return false }
        let channel = try? await bind(address)
        if let channel { try? await channel.close() }
        try? await held.close()
        return channel == nil
    }

    /// A socket that the service manager opened, if this command was started as the service is.
    private func inherited(_ name: String?) -> CheckResult {
        do throws(InheritedSocketsError) {
            let sockets = try InheritedSockets(environment: ProcessInfo.processInfo.environment)
            _ = try sockets.socket(named: name)
            return .ok("listen", "\(configuration.listen): the socket was handed over")
        } catch {
            guard case .none = error else { return .failure("listen", "\(configuration.listen): \(error)") }
            return .warning(
                "listen",
                "\(configuration.listen): this cannot be checked here, for nobody handed a socket over",
                "the .socket unit does so at the start"
            )
        }
    }

    private func bind(_ address: GatewayConfiguration.Address) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.host, port: address.port).get()
    }

    /// Takes the address for a moment.
    private func address(_ subject: String, _ address: GatewayConfiguration.Address) async -> CheckResult {
        do {
            let channel = try await bind(address)
            try await channel.close()
            return .ok(subject, "\(address.text) can be had")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return .warning(
                subject,
                "\(address.text) is in use",
                "by this gateway if it runs now; otherwise name another port"
            )
        } catch let error as IOError where error.errnoCode == EACCES {
            return .failure(
                subject,
                "this user may not listen at \(address.text)",
                "ports below 1024 need CAP_NET_BIND_SERVICE, or a lower net.ipv4.ip_unprivileged_port_start"
            )
        } catch {
            return .failure(subject, "cannot listen at \(address.text): \(error)")
        }
    }

    /// Sends each server a GET. Any answer shows that the name, the connection, TLS and HTTP are in order; of the health path
    /// it must also be a good one.
    ///
    /// - Parameter asks: false reads the files that connections need, and sends nothing.
    func upstream(asks: Bool = true) async -> [CheckResult] {
        let (results, dates) = await servers(
            of: configuration.upstream,
            subject: "upstream",
            keys: "upstream",
            asks: asks
        )
        return results + [clock(dates)].compactMap { $0 }
    }

    /// The same for the servers of each engine that judges.
    func engines(asks: Bool = true) async -> [CheckResult] {
        var results: [CheckResult] = []
        for engine in configuration.engines where configuration.judge.voices.contains(where: { $0.name == engine.name })
        {
            let subject = "engine \(engine.name)"
            results += await servers(of: engine.api, subject: subject, keys: "engines", asks: asks).results
        }
        return results
    }

    /// - Returns: beside the results, what the servers say that the time is.
    private func servers(
        of api: GatewayConfiguration.UpstreamAPI,
        subject: String,
        keys: String,
        asks: Bool
    ) async -> (results: [CheckResult], dates: [(server: String, date: String)]) {
        let servers: UpstreamServers
        do throws(GatewayError) {
            servers = try Gateway.servers(api)
        } catch {
            return ([.failure(subject, error.description)], [])
        }
        guard asks else { return ([], []) }
        let path = api.healthPath
        let trial = ServerTrial.run(
            servers,
            path: path ?? "/",
            timeout: Self.patience,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: logger
        )
        guard let answers = try? await trial.get() else { return ([], []) }
        var dates: [(server: String, date: String)] = []
        var results = zip(servers.servers, answers).map { server, answer in
            let isSocket = server.peer.socketPath != nil
            let name = isSocket ? server.peer.name : "\(server.peer.scheme.rawValue)://\(server.peer.authority)"
            switch answer {
            case .success(let answer):
                if let date = answer.date { dates.append((name, date)) }
                guard let path, !(200..<400).contains(answer.status) else {
                    return CheckResult.ok(subject, "\(name) answers")
                }
                return .failure(
                    subject,
                    "\(name) answers \(path) with \(answer.status)",
                    "a server that does so is taken out: see \(keys).health"
                )
            case .failure(let error):
                let reason = error.detail.isEmpty ? error.code.rawValue : "\(error.code.rawValue), \(error.detail)"
                return .failure(
                    subject,
                    "\(name) does not answer: \(reason)",
                    "see \(keys).url and the keys below it"
                )
            }
        }
        // One that answers serves for those that do not.
        if results.contains(where: { $0.verdict == .ok }) {
            for index in results.indices where results[index].verdict == .failure { results[index].verdict = .warning }
        }
        return (results, dates)
    }
}

extension Doctor {
    /// Sends the collectors of spans and of audit records a request with nothing in it.
    ///
    /// - Parameter asks: false reads the files that connections need, and sends nothing.
    func collectors(asks: Bool = true) async -> [CheckResult] {
        var results: [CheckResult?] = []
        if let settings = configuration.tracing?.collector {
            results.append(await collector(settings, takes: "spans", "tracing", "they are lost meanwhile", asks: asks))
        }
        if case .collector(let settings) = configuration.audit.place {
            let meanwhile =
                configuration.audit.overflow == .refuse
                ? "requests are refused once audit.queue is full" : "they are lost once audit.queue is full"
            results.append(await collector(settings, takes: "audit records", "audit.otlp", meanwhile, asks: asks))
        }
        return results.compactMap { $0 }
    }

    private func collector(
        _ settings: GatewayConfiguration.Collector,
        takes what: String,
        _ key: String,
        _ meanwhile: String,
        asks: Bool
    ) async -> CheckResult? {
        let server = settings.server
        let name = "\(server.scheme)://\(server.host):\(server.port)\(settings.path)"
        let client: CollectorClient
        do {
            client = try await CollectorClient.make(
                settings,
                sending: what,
                key: key,
                eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
                logger: logger
            )
        } catch {
            return .failure(key, "\(error)")
        }
        defer { client.shutDown() }
        guard asks else { return nil }
        // A request without anything in it is one without a byte.
        if case .taken = await client.send([]) { return .ok(key, "\(name) takes \(what)") }
        return .warning(key, "\(name) does not take \(what)", "\(meanwhile); see \(key).endpoint")
    }
}

extension GatewayConfiguration.Address {
    fileprivate var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine reaches it.
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host == "localhost" }
}
