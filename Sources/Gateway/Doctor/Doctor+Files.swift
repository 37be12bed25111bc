import Audit
import DecisionStore
import Foundation
import GuardianModel
import Policy
import PolicyLanguage
import TLS

extension Doctor {
    var policies: [CheckResult] {
        [policy("policy", configuration.policy)] + (configuration.candidate.map { [candidate($0)] } ?? [])
    }

    private func candidate(_ path: String) -> CheckResult {
        guard FileFacts.isMissing(path) else { return policy("candidate", path) }
        return .warning(
            "candidate",
            "\(path) is not there",
            "it is tried once it is; Save as candidate on the dashboard writes it"
        )
    }

    private func policy(_ subject: String, _ path: String) -> CheckResult {
        do throws(GatewayError) {
            let policy = try PolicyCompiler.compile(path: path).policy
            let found = "\(policy.name), \(policy.rules.count) rules, SHA-256 \(policy.digest.prefix(12))"
            if policy.mode == .shadow, subject == "policy" {
                return .warning(subject, "\(found), in shadow mode", "it records and never acts; mode: enforce does")
            }
            return .ok(subject, found)
        } catch {
            return .failure(subject, error.description)
        }
    }

    var model: CheckResult {
        let file = configuration.model.file
        do throws(GuardianModelError) {
            let model = try GuardianModel(contentsOf: file, digest: { try Digest.sha256Hex(of: $0) })
            return .ok("model", "\(model.name), SHA-256 \(model.digest.prefix(12))")
        } catch {
            return .failure("model", "\(error)", "make model makes the file; model.file names it")
        }
    }

    var certificates: [CheckResult] {
        var results: [CheckResult] = []
        if let tls = configuration.tls {
            results += identities("certificate", of: tls)
        } else {
            results.append(
                .warning("certificate", "listen.tls is off", "whoever is on the network reads every prompt")
            )
        }
        if let tls = configuration.administration.tls { results += identities("admin certificate", of: tls) }
        guard let identity = configuration.upstream.identity else { return results }
        // By itself: whom servers are believed by is looked at with the servers.
        var api = configuration.upstream
        api.authority = nil
        results.append(
            certificate("upstream certificate", identity) { () throws(GatewayError) in
                try Gateway.clientContext(api, host: "localhost").certificateExpiry
            }
        )
        return results
    }

    /// Each certificate of a listener, with all that is read for it.
    private func identities(_ subject: String, of tls: GatewayConfiguration.ServerTLS) -> [CheckResult] {
        let own = GatewayConfiguration.ServerTLS.Identity(certificate: tls.certificate, key: tls.key, ocsp: tls.ocsp)
        return ([own] + tls.additional).map { identity in
            var alone = tls
            (alone.certificate, alone.key, alone.ocsp) = (identity.certificate, identity.key, identity.ocsp)
            alone.additional = []
            return certificate(subject, identity) { () throws(GatewayError) in
                try alone.context(nil).certificateExpiry
            }
        }
    }

    private func certificate(
        _ subject: String,
        _ identity: GatewayConfiguration.ServerTLS.Identity,
        expiry: () throws(GatewayError) -> CertificateTime?
    ) -> CheckResult {
        let end: CertificateTime?
        do throws(GatewayError) {
            end = try expiry()
        } catch {
            return .failure(subject, error.description)
        }
        let found = "\(identity.certificate), valid until \(end.map(\.description) ?? "ever")"
        if FileFacts(identity.key)?.isReadByAll == true {
            return .warning(subject, "\(found); every user may read \(identity.key)", "chmod o-rwx \(identity.key)")
        }
        if let end, end < .now.adding(days: Self.expiryMargin) {
            return .warning(subject, found, "renew it; the gateway takes new files while it runs")
        }
        return .ok(subject, found)
    }

    /// The file of callers' keys, if there is one or should be one.
    var keys: [CheckResult] {
        guard let path = configuration.callers.keys else { return [openUpstream].compactMap { $0 } }
        do throws(PolicyError) {
            let count = try CallerKeys.load(path: path).callers.count
            let found = "\(path), \(count) key\(count == 1 ? "" : "s")"
            if FileFacts(path)?.isWrittenByAll == true {
                return [.warning("keys", "\(found); every user may change it", "chmod o-w \(path)")]
            }
            return [.ok("keys", found)]
        } catch {
            return [.failure("keys", "\(error)", "callers.keys names the file; nobody is served until it is right")]
        }
    }

    /// Where the gateway has a key for the upstream and asks nobody who comes for anything.
    private var openUpstream: CheckResult? {
        let tls = configuration.tls
        let asksForCertificates = tls?.clientAuthority != nil && tls?.takesClientsWithoutCertificate == false
        guard configuration.upstream.authorization != nil, !asksForCertificates else { return nil }
        return .warning(
            "keys",
            "whoever reaches the gateway uses the key of upstream.authorization_env",
            "give callers keys of the gateway's own (callers.keys), or ask them for certificates (listen.tls.client_ca)"
        )
    }

    var audit: [CheckResult] {
        let signingKey = configuration.audit.signingKey.map { path in
            do throws(TLSError) {
                let found = "\(path), key \(try Ed25519.SigningKey(path: path).id.prefix(12))"
                if FileFacts(path)?.isReadByAll == true {
                    return CheckResult.warning(
                        "signing key",
                        "\(found); every user may read it",
                        "chmod o-rwx \(path)"
                    )
                }
                return CheckResult.ok("signing key", found)
            } catch {
                return CheckResult.failure("signing key", "\(error)")
            }
        }
        return [auditPlace] + [signingKey, contentCertificate].compactMap { $0 }
    }

    private var contentCertificate: CheckResult? {
        guard let path = configuration.audit.contentCertificate else { return nil }
        do throws(GatewayError) {
            _ = try AuditPlace.sealer(configuration.audit)
            return .ok("content certificate", "texts of records are sealed for \(path)")
        } catch {
            return .failure("content certificate", error.description)
        }
    }

    /// Room that an audit file should have left.
    private static let auditRoom = 256 << 20

    private var auditPlace: CheckResult {
        switch configuration.audit.place {
        case .standardOutput:
            return .ok("audit", "records go to standard output")
        case .collector(let collector):
            return .ok("audit", "records go to the collector at \(collector.server.host):\(collector.server.port)")
        case .syslog(let path):
            do throws(AuditFileError) {
                try SyslogOutput(path: path).close()
                return .ok("audit", "records go to the syslog daemon at \(path)")
            } catch {
                return .failure("audit", "\(error)")
            }
        case .file(let path):
            // What is put away lies beside the file, not beside a link to it.
            let folder = URL(fileURLWithPath: FileOutput.place(of: path)).deletingLastPathComponent().path
            guard FileFacts(folder)?.isFolder == true else {
                return .failure("audit", "the folder of \(path) is not there", "make \(folder)")
            }
            let file = FileFacts(path)
            guard file?.isFolder != true else {
                return .failure("audit", "\(path) is a folder", "audit.path names a file")
            }
            guard FileFacts.isWritable(file == nil ? folder : path) else {
                return .failure("audit", "this user may not write \(path)", "give it the right, or change audit.path")
            }
            if configuration.audit.rotation != .init(), !FileFacts.isWritable(folder) {
                return .failure("audit", "this user may not rename files in \(folder)", "rotation needs it to")
            }
            if let room = FileFacts.room(at: folder), room < Self.auditRoom {
                return .warning(
                    "audit",
                    "\(path), where \(room >> 20) MiB are free",
                    "a full disk loses records, or with overflow: refuse stops the service"
                )
            }
            if file?.isPlain != false, configuration.audit.rotation == .init() {
                return .warning("audit", "\(path) grows without bound", "set audit.rotate")
            }
            return .ok("audit", "records go to \(path)")
        }
    }

    /// Where decisions are kept, if it is not in memory.
    var store: [CheckResult] {
        let place = configuration.store.place
        if let obstacle = place.obstacle { return [.failure("store", obstacle.description)] }
        guard case .file(let path) = place else { return [] }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileFacts(folder)?.isFolder == true else {
            return [.failure("store", "the folder of \(path) is not there", "make \(folder)")]
        }
        let file = FileFacts(path)
        guard file?.isFolder != true else {
            return [.failure("store", "\(path) is a folder", "store.path names a file")]
        }
        // What is written ahead stands in files beside it.
        guard FileFacts.isWritable(folder), file == nil || FileFacts.isWritable(path) else {
            return [
                .failure(
                    "store",
                    "this user may not write \(path), or make files beside it",
                    "give it the right, or change store.path"
                )
            ]
        }
        return [.ok("store", "decisions go to \(path)")]
    }
}
