import Logging
import TLS

/// Keeps a listener's certificates those of the files, while it runs.
///
/// The files are looked at every few seconds. A change counts when it has stayed the same from one look to the next, so that
/// certificate and key of a renewal that is half written are not taken for a pair. What cannot be used changes nothing: the
/// certificates in force stay, and the reason is logged once.
///
/// The context is renewed once a day even if no file changed, since it holds the key that session tickets are sealed
/// with: whoever gets hold of that key can read at most a day's resumed connections.
final class CertificateWatch: Sendable {
    /// What became of reading the files again.
    enum Outcome: String, Sendable {
        case succeeded, failed
    }

    let source: TLSContextSource
    private let tls: GatewayConfiguration.ServerTLS
    private let logger: Logger
    private let interval: Duration
    private let renewal: Duration
    private let onReload: @Sendable (Outcome) -> Void
    /// nil where nothing is logged.
    private let keyLog: KeyLog?

    /// - Throws: `GatewayError` of the certificates kind, if they cannot be used now.
    init(
        _ tls: GatewayConfiguration.ServerTLS,
        logger: Logger,
        interval: Duration = .seconds(5),
        renewal: Duration = .seconds(86_400),
        onReload: @escaping @Sendable (Outcome) -> Void
    ) throws(GatewayError) {
        self.tls = tls
        self.logger = logger
        self.interval = interval
        self.renewal = renewal
        self.onReload = onReload
        do throws(TLSError) {
            keyLog = try tls.keyLog.map { path throws(TLSError) in try KeyLog(path: path) }
        } catch {
            throw GatewayError(.certificates, "\(error)")
        }
        source = TLSContextSource(try Self.context(tls, keyLog))
        if let keyLog {
            logger.warning(
                "The secrets of TLS connections are written to a file: whoever has it can read all traffic",
                metadata: ["path": "\(keyLog.path)"]
            )
        }
        warnOfOldStaple()
    }

    private func warnOfOldStaple() {
        guard source.current.hasOldStaple else { return }
        logger.warning("An OCSP response is no longer valid and is not handed out: fetch a new one")
    }

    /// Reads the files again.
    ///
    /// - Throws: `GatewayError` of the certificates kind; the certificates in force stay.
    func reload() throws(GatewayError) {
        do {
            source.replace(with: try Self.context(tls, keyLog))
        } catch {
            onReload(.failed)
            throw error
        }
        onReload(.succeeded)
        logger.info(
            "Certificates in force",
            metadata: ["expires": "\(source.current.certificateExpiry.map(\.description) ?? "never")"]
        )
        warnOfOldStaple()
    }

    /// Looks after the files until the task is cancelled.
    func run() async {
        let clock = ContinuousClock()
        var inForce = FileStamps(of: paths)
        var seen = inForce
        var renewed = clock.now
        while (try? await clock.sleep(for: interval)) != nil {
            let now = FileStamps(of: paths)
            defer { seen = now }
            let isChanged = now != inForce && now == seen
            guard isChanged || clock.now - renewed >= renewal else { continue }
            inForce = now
            renewed = clock.now
            do {
                try reload()
            } catch {
                logger.error(
                    "The certificates were not reloaded; those in force stay",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    private var paths: [String] {
        [tls.certificate, tls.key] + tls.additional.flatMap { [$0.certificate, $0.key] }
            + ([tls.clientAuthority, tls.ocsp] + tls.additional.map(\.ocsp)).compactMap { $0 }
    }

    private static func context(
        _ tls: GatewayConfiguration.ServerTLS,
        _ keyLog: KeyLog?
    ) throws(GatewayError) -> TLSContext {
        do throws(TLSError) {
            return try TLSContext.server(
                TLSServerConfiguration(
                    certificateChain: tls.certificate,
                    privateKey: tls.key,
                    staple: tls.ocsp,
                    additionalIdentities: tls.additional.map {
                        ServerIdentity(certificateChain: $0.certificate, privateKey: $0.key, staple: $0.ocsp)
                    },
                    applicationProtocols: ["h2", "http/1.1"],
                    clientCertificates: tls.clientCertificates,
                    keyLog: keyLog
                )
            )
        } catch {
            throw GatewayError(.certificates, "\(error)")
        }
    }
}

extension GatewayConfiguration.ServerTLS {
    fileprivate var clientCertificates: TLSServerConfiguration.ClientCertificates {
        guard let path = clientAuthority else { return .ignored }
        return takesClientsWithoutCertificate ? .optional(authorities: path) : .required(authorities: path)
    }
}
