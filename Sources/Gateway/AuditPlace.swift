import Audit
import Logging
import NIOCore
import TLS
import Tracing

/// Where the audit room gets its place, its hashes and its signatures from: it knows no files of keys and no cryptography.
enum AuditPlace {
    static let hash: AuditHash = { try Digest.sha256Hex(of: $0) }

    /// Opens the place; called on any thread.
    ///
    /// - Parameter eventLoop: carries requests to a collector.
    /// - Throws: `GatewayError`.
    static func open(
        _ audit: GatewayConfiguration.AuditLog,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> AuditLog {
        let signer = try signer(audit)
        if case .collector(let settings) = audit.place {
            let client = try await client(settings, eventLoop: eventLoop, logger: logger)
            let exporter = CollectorOutput.exporter(client)
            return log(CollectorOutput(client, exporter), AuditRecovery(), audit, signer) { exporter.hurry() }
        }
        return try local(audit, signer)
    }

    static func client(
        _ settings: GatewayConfiguration.Collector,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> CollectorClient {
        try await .make(settings, sending: "audit records", key: "audit.otlp", eventLoop: eventLoop, logger: logger)
    }

    private static func local(
        _ audit: GatewayConfiguration.AuditLog,
        _ signer: AuditSigner?
    ) throws(GatewayError) -> AuditLog {
        do throws(AuditFileError) {
            switch audit.place {
            case .standardOutput, .collector:
                return log(DescriptorOutput(), AuditRecovery(), audit, signer)
            case .file(let path):
                let file = try FileOutput(path: path, rotation: audit.rotation, hash: hash)
                let recovery = file.recovery
                return log(file, recovery, audit, signer)
            case .syslog(let path):
                return log(try SyslogOutput(path: path), AuditRecovery(), audit, signer)
            }
        } catch {
            throw GatewayError(.system, "\(error)")
        }
    }

    private static func log(
        _ output: sending any AuditOutput,
        _ recovery: AuditRecovery,
        _ audit: GatewayConfiguration.AuditLog,
        _ signer: AuditSigner?,
        closing: @escaping @Sendable () -> Void = {}
    ) -> AuditLog {
        AuditLog(
            output: output,
            recovery: recovery,
            capacity: audit.queue,
            overflow: audit.overflow,
            hash: hash,
            signer: signer,
            closing: closing
        )
    }

    /// What seals the texts of records; nil where nobody's certificate is named.
    ///
    /// - Throws: `GatewayError`.
    static func sealer(_ audit: GatewayConfiguration.AuditLog) throws(GatewayError) -> ContentSealer? {
        guard let path = audit.contentCertificate else { return nil }
        do throws(TLSError) {
            return try ContentSealer(certificate: path)
        } catch {
            throw GatewayError(.certificates, "audit.content_certificate: \(error)")
        }
    }

    private static func signer(_ audit: GatewayConfiguration.AuditLog) throws(GatewayError) -> AuditSigner? {
        guard let path = audit.signingKey else { return nil }
        do throws(TLSError) {
            let key = try Ed25519.SigningKey(path: path)
            return AuditSigner(keyID: key.id, interval: audit.checkpointInterval) { Digest.hex(try key.sign($0)) }
        } catch {
            throw GatewayError(.configuration, "audit.signing_key: \(error)")
        }
    }
}
