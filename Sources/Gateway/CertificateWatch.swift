import Logging
import Synchronization
import TLS
import Upstream

/// Keeps the certificates of a listener, of connections to the servers of an API, or of the reader of records' texts, those of the
/// files, while it runs.
///
/// The files are looked at every few seconds. A change counts when it has stayed the same from one look to the next, so that
/// certificate and key of a renewal that is half written are not taken for a pair. What cannot be used changes nothing: the
/// certificates in force stay, and the reason is logged once. It is tried again once a minute, for it may be that the disk did not
/// answer.
///
/// The contexts are renewed once a day even if no file changed. A listener's holds the key that session tickets are sealed
/// with: whoever gets hold of that key can read at most a day's resumed connections. One of connections to servers may hold the
/// system's authorities, which are in no file that is named here.
final class CertificateWatch: Sendable {
    /// What became of reading the files again.
    enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed
    }

    /// None where the certificate is of no connection.
    private let sources: [TLSContextSource]
    /// Makes the context of each from the files.
    private let contexts: @Sendable () throws(GatewayError) -> [TLSContext]
    private let paths: [String]
    /// How the files stood before they were last read.
    private let inForce: Mutex<FileStamps>
    private let logger: Logger
    private let interval: Duration
    private let renewal: Duration
    private let pause: Duration
    private let onReload: @Sendable (Outcome) -> Void
    /// Why the files as they are now are not in force; nil if they are.
    private let lastFailure = Mutex<ReloadFailure?>(nil)

    /// Where a listener takes its context from; only of a watch over one.
    var source: TLSContextSource { sources[0] }

    /// Watches over a listener's.
    ///
    /// - Parameter pause: how long files that could not be used are left alone.
    /// - Throws: `GatewayError` of the certificates kind, if they cannot be used now.
    convenience init(
        _ tls: GatewayConfiguration.ServerTLS,
        logger: Logger,
        interval: Duration = .seconds(5),
        renewal: Duration = .seconds(86_400),
        pause: Duration = ReloadFailure.pause,
        onReload: @escaping @Sendable (Outcome) -> Void
    ) throws(GatewayError) {
        // First of all: files that are replaced from here on, while a model is loaded for instance, are not what was read.
        let stamps = FileStamps(of: tls.paths)
        let keyLog: KeyLog?
        do throws(TLSError) {
            keyLog = try tls.keyLog.map { path throws(TLSError) in try KeyLog(path: path) }
        } catch {
            throw GatewayError(.certificates, "\(error)")
        }
        let source = TLSContextSource(try tls.context(keyLog))
        self.init(
            [source],
            paths: tls.paths,
            stamps: stamps,
            logger: logger,
            interval: interval,
            renewal: renewal,
            pause: pause,
            onReload: onReload
        ) { () throws(GatewayError) in
            [try tls.context(keyLog)]
        }
        if let keyLog {
            logger.warning(
                "The secrets of TLS connections are written to a file: whoever has it can read all traffic",
                metadata: ["path": "\(keyLog.path)"]
            )
        }
        warnOfOldStaple()
    }

    /// Watches over those of connections to the servers of an API; nil where none of them has TLS.
    ///
    /// - Parameter stamps: how the API's files stood before the servers were made from them.
    convenience init?(
        _ api: GatewayConfiguration.UpstreamAPI,
        of servers: UpstreamServers,
        stamps: FileStamps,
        logger: Logger,
        interval: Duration = .seconds(5),
        renewal: Duration = .seconds(86_400),
        onReload: @escaping @Sendable (Outcome) -> Void
    ) {
        let peers = servers.servers.map(\.peer).filter { $0.tls != nil }
        guard !peers.isEmpty else { return nil }
        let hosts = peers.map(\.host)
        self.init(
            peers.compactMap(\.tls),
            paths: api.paths,
            stamps: stamps,
            logger: logger,
            interval: interval,
            renewal: renewal,
            pause: ReloadFailure.pause,
            onReload: onReload
        ) { () throws(GatewayError) in
            try hosts.map { host throws(GatewayError) in try Gateway.clientContext(api, host: host) }
        }
    }

    /// Watches over the one that texts of records are sealed for; nil where there is none.
    ///
    /// - Parameter stamps: how its file stood before the sealer was made from it.
    convenience init?(
        _ audit: GatewayConfiguration.AuditLog,
        of sealer: ContentSealerSource?,
        stamps: FileStamps,
        logger: Logger,
        interval: Duration = .seconds(5),
        onReload: @escaping @Sendable (Outcome) -> Void
    ) {
        guard let sealer else { return nil }
        self.init(
            [],
            paths: audit.certificatePaths,
            stamps: stamps,
            logger: logger,
            interval: interval,
            renewal: .seconds(86_400),
            pause: ReloadFailure.pause,
            onReload: onReload
        ) { () throws(GatewayError) in
            if let renewed = try AuditPlace.sealer(audit) { sealer.replace(with: renewed) }
            return []
        }
    }

    /// - Parameters:
    ///   - stamps: how the files stood before the sources were made from them.
    ///   - contexts: makes one for each of the sources.
    private init(
        _ sources: [TLSContextSource],
        paths: [String],
        stamps: FileStamps,
        logger: Logger,
        interval: Duration,
        renewal: Duration,
        pause: Duration,
        onReload: @escaping @Sendable (Outcome) -> Void,
        contexts: @escaping @Sendable () throws(GatewayError) -> [TLSContext]
    ) {
        self.sources = sources
        self.contexts = contexts
        self.paths = paths
        self.inForce = Mutex(stamps)
        self.logger = logger
        self.interval = interval
        self.renewal = renewal
        self.pause = pause
        self.onReload = onReload
    }

    private func warnOfOldStaple() {
        guard sources.first?.current.hasOldStaple == true else { return }
        logger.warning("An OCSP response is no longer valid and is not handed out: fetch a new one")
    }

    /// Reads the files again.
    ///
    /// - Throws: `GatewayError` of the certificates kind; the certificates in force stay.
    func reload() throws(GatewayError) {
        // Whatever comes of it, these files as they are now are no change any more.
        let stamps = FileStamps(of: paths)
        inForce.withLock { $0 = stamps }
        let renewed: [TLSContext]
        do throws(GatewayError) {
            renewed = try contexts()
        } catch {
            lastFailure.withLock { $0 = ReloadFailure(error) }
            onReload(.failed)
            throw error
        }
        lastFailure.withLock { $0 = nil }
        for (source, context) in zip(sources, renewed) { source.replace(with: context) }
        onReload(.succeeded)
        var metadata: Logger.Metadata = ["files": "\(paths.joined(separator: ", "))"]
        if let source = sources.first {
            metadata["expires"] = "\(source.current.certificateExpiry.map(\.description) ?? "never")"
        }
        logger.info("Certificates in force", metadata: metadata)
        warnOfOldStaple()
    }

    /// Looks after the files until the task is cancelled.
    func run() async {
        let clock = ContinuousClock()
        var seen = FileStamps(of: paths)
        var renewed = clock.now
        while (try? await clock.sleep(for: interval)) != nil {
            let now = FileStamps(of: paths)
            defer { seen = now }
            let failed = lastFailure.withLock { $0 }
            let isChanged = now != inForce.withLock { $0 } && now == seen
            let isRetried = now == seen && failed?.isOlder(than: pause) == true
            guard isChanged || isRetried || clock.now - renewed >= renewal else { continue }
            renewed = clock.now
            do {
                try reload()
            } catch {
                guard isChanged || "\(error)" != failed?.text else { continue }
                logger.error(
                    "The certificates were not reloaded; those in force stay",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }
}

extension GatewayConfiguration.UpstreamAPI {
    /// How the files stand that connections to its servers are made from.
    var fileStamps: FileStamps { FileStamps(of: paths) }

    /// All that the contexts are made from.
    fileprivate var paths: [String] {
        [authority, identity?.certificate, identity?.key].compactMap { $0 }
    }
}

extension GatewayConfiguration.AuditLog {
    /// How the file stands that texts are sealed by.
    var fileStamps: FileStamps { FileStamps(of: certificatePaths) }

    fileprivate var certificatePaths: [String] { [contentCertificate].compactMap { $0 } }
}

extension GatewayConfiguration.ServerTLS {
    /// All that the context is made from.
    fileprivate var paths: [String] {
        [certificate, key] + additional.flatMap { [$0.certificate, $0.key] }
            + ([clientAuthority, ocsp] + additional.map(\.ocsp)).compactMap { $0 }
    }

    /// - Parameter keyLog: nil logs nothing.
    func context(_ keyLog: KeyLog?) throws(GatewayError) -> TLSContext {
        do throws(TLSError) {
            return try TLSContext.server(
                TLSServerConfiguration(
                    certificateChain: certificate,
                    privateKey: key,
                    staple: ocsp,
                    additionalIdentities: additional.map {
                        ServerIdentity(certificateChain: $0.certificate, privateKey: $0.key, staple: $0.ocsp)
                    },
                    applicationProtocols: ["h2", "http/1.1"],
                    clientCertificates: clientCertificates,
                    keyLog: keyLog
                )
            )
        } catch {
            throw GatewayError(.certificates, "\(error)")
        }
    }

    private var clientCertificates: TLSServerConfiguration.ClientCertificates {
        guard let path = clientAuthority else { return .ignored }
        return takesClientsWithoutCertificate ? .optional(authorities: path) : .required(authorities: path)
    }
}
