import Foundation
import Logging
import Synchronization
import TLS
import Testing
import Upstream

@testable import Gateway

@Suite(.timeLimit(.minutes(2))) struct CertificateWatchTests {
    private final class Folder {
        let files: DevelopmentCertificates
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "guardian-watch-" + UUID().uuidString
            files = try DevelopmentCertificates.make(in: path)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var tls: GatewayConfiguration.ServerTLS { .init(certificate: files.certificate, key: files.privateKey) }

        func renew(days: Int64) throws {
            _ = try DevelopmentCertificates.make(in: path, validity: .days(days), overwrite: true)
        }
    }

    private final class Outcomes: Sendable {
        let seen = Mutex<[CertificateWatch.Outcome]>([])
        var all: [CertificateWatch.Outcome] { seen.withLock { $0 } }

        func wait(for count: Int) async throws {
            for _ in 0..<1000 where all.count < count { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    private func watch(
        _ folder: Folder,
        _ outcomes: Outcomes,
        renewal: Duration = .seconds(60),
        pause: Duration = .seconds(60),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> CertificateWatch {
        try CertificateWatch(
            folder.tls,
            logger: logger,
            interval: .milliseconds(20),
            renewal: renewal,
            pause: pause
        ) { outcome in outcomes.seen.withLock { $0.append(outcome) } }
    }

    @Test func `a renewed certificate is in force soon, and not before`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        let first = watch.source.current
        let task = Task { await watch.run() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(watch.source.current === first)
        try folder.renew(days: 3)
        try await outcomes.wait(for: 1)
        task.cancel()
        #expect(outcomes.all == [.succeeded])
        let expiry = try #require(watch.source.current.certificateExpiry)
        #expect(expiry < .now.adding(days: 4))
    }

    @Test func `files that were replaced before the watch began are taken`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        try folder.renew(days: 3)
        let task = Task { await watch.run() }
        try await outcomes.wait(for: 1)
        task.cancel()
        #expect(outcomes.all == [.succeeded])
        let expiry = try #require(watch.source.current.certificateExpiry)
        #expect(expiry < .now.adding(days: 4))
    }

    @Test func `files that cannot be used change nothing and are tried once`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        let first = watch.source.current
        let task = Task { await watch.run() }
        try await Task.sleep(for: .milliseconds(50))
        try Data("not a key".utf8).write(to: URL(fileURLWithPath: folder.files.privateKey))
        try await outcomes.wait(for: 1)
        try await Task.sleep(for: .milliseconds(200))
        #expect(outcomes.all == [.failed])
        #expect(watch.source.current === first)
        try folder.renew(days: 3)
        try await outcomes.wait(for: 2)
        task.cancel()
        #expect(outcomes.all == [.failed, .succeeded])
        #expect(watch.source.current !== first)
    }

    @Test func `files that could not be used are tried again later, and the same reason is logged once`() async throws {
        let folder = try Folder()
        let (outcomes, errors) = (Outcomes(), ErrorCounter())
        let watch = try watch(folder, outcomes, pause: .milliseconds(50), logger: errors.logger)
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try Data("not a key".utf8).write(to: URL(fileURLWithPath: folder.files.privateKey))
        try await outcomes.wait(for: 4)
        #expect(Set(outcomes.all) == [.failed])
        #expect(errors.count == 1)
    }

    @Test func `the context is renewed in time even if no file changes`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes, renewal: .milliseconds(100))
        let first = watch.source.current
        let task = Task { await watch.run() }
        try await outcomes.wait(for: 2)
        task.cancel()
        #expect(watch.source.current !== first)
    }

    @Test func `connections to an upstream take what it is shown and believed by now`() async throws {
        let folder = try Folder()
        var api = GatewayConfiguration.UpstreamAPI(scheme: "https", host: "localhost", port: 443)
        api.authority = folder.files.authority
        api.identity = .init(certificate: folder.files.certificate, key: folder.files.privateKey)
        let outcomes = Outcomes()
        let (made, sources) = try self.watch(api, outcomes)
        let (watch, source) = (try #require(made), try #require(sources.first))
        let first = source.current
        let task = Task { await watch.run() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(source.current === first)
        try folder.renew(days: 3)
        try await outcomes.wait(for: 1)
        task.cancel()
        #expect(outcomes.all == [.succeeded])
        let expiry = try #require(source.current.certificateExpiry)
        #expect(expiry < .now.adding(days: 4))
    }

    @Test func `an upstream's files that were replaced once its servers were made are taken`() async throws {
        let folder = try Folder()
        var api = GatewayConfiguration.UpstreamAPI(scheme: "https", host: "localhost", port: 443)
        api.authority = folder.files.authority
        let outcomes = Outcomes()
        let (made, sources) = try self.watch(api, outcomes) { try folder.renew(days: 3) }
        let (watch, source) = (try #require(made), try #require(sources.first))
        let first = source.current
        let task = Task { await watch.run() }
        try await outcomes.wait(for: 1)
        task.cancel()
        #expect(outcomes.all == [.succeeded])
        #expect(source.current !== first)
    }

    @Test func `each server of an upstream has its own, and one in the clear has none`() throws {
        let folder = try Folder()
        var api = GatewayConfiguration.UpstreamAPI(scheme: "https", host: "localhost", port: 443)
        api.authority = folder.files.authority
        api.servers.append(.init(scheme: "http", host: "localhost", port: 80))
        api.servers.append(.init(scheme: "https", host: "127.0.0.1", port: 443))
        let (made, sources) = try self.watch(api, Outcomes())
        let watch = try #require(made)
        let first = sources.map(\.current)
        #expect(first.count == 2)
        try watch.reload()
        #expect(zip(first, sources).allSatisfy { $0 !== $1.current })
        let plain = try self.watch(.init(scheme: "http", host: "localhost", port: 80), Outcomes())
        let hasNone = plain.watch == nil
        #expect(hasNone)
    }

    /// - Parameter event: what happens once the servers are made.
    private func watch(
        _ api: GatewayConfiguration.UpstreamAPI,
        _ outcomes: Outcomes,
        _ event: () throws -> Void = {}
    ) throws -> (watch: CertificateWatch?, sources: [TLSContextSource]) {
        let stamps = api.fileStamps
        let servers = try Gateway.servers(api)
        try event()
        let watch = CertificateWatch(
            api,
            of: servers,
            stamps: stamps,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            interval: .milliseconds(20)
        ) { outcome in outcomes.seen.withLock { $0.append(outcome) } }
        return (watch, servers.servers.compactMap(\.peer.tls))
    }

    @Test func `texts are sealed for the certificate that is there now, or the last that could be used`() throws {
        let folder = try Folder()
        var audit = GatewayConfiguration.AuditLog()
        audit.contentCertificate = folder.files.certificate
        let (sealer, outcomes) = (ContentSealerSource(try #require(try AuditPlace.sealer(audit))), Outcomes())
        let made = self.watch(audit, sealer, outcomes)
        let watch = try #require(made)
        let first = sealer.current
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: folder.files.certificate))
        #expect(throws: GatewayError.self) { try watch.reload() }
        #expect(sealer.current === first)
        try folder.renew(days: 3)
        try watch.reload()
        #expect(sealer.current !== first)
        #expect(outcomes.all == [.failed, .succeeded])
    }

    @Test func `another certificate that texts are sealed for is taken once its file has changed`() async throws {
        let folder = try Folder()
        var audit = GatewayConfiguration.AuditLog()
        audit.contentCertificate = folder.files.certificate
        let (sealer, outcomes) = (ContentSealerSource(try #require(try AuditPlace.sealer(audit))), Outcomes())
        let made = self.watch(audit, sealer, outcomes)
        let watch = try #require(made)
        let first = sealer.current
        let task = Task { await watch.run() }
        try folder.renew(days: 3)
        try await outcomes.wait(for: 1)
        task.cancel()
        #expect(outcomes.all == [.succeeded])
        #expect(sealer.current !== first)
    }

    @Test func `where texts are not sealed nothing is watched for it`() {
        let hasNone = watch(GatewayConfiguration.AuditLog(), nil, Outcomes()) == nil
        #expect(hasNone)
    }

    private func watch(
        _ audit: GatewayConfiguration.AuditLog,
        _ sealer: ContentSealerSource?,
        _ outcomes: Outcomes
    ) -> CertificateWatch? {
        CertificateWatch(
            audit,
            of: sealer,
            stamps: audit.fileStamps,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            interval: .milliseconds(20)
        ) { outcome in outcomes.seen.withLock { $0.append(outcome) } }
    }

    @Test func `a link that is turned to another file is a change`() throws {
        let folder = try Folder()
        let link = folder.path + "/link"
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: link, withDestinationPath: folder.files.certificate)
        let before = FileStamps(of: [link])
        #expect(before == FileStamps(of: [link]))
        try manager.removeItem(atPath: link)
        #expect(before != FileStamps(of: [link]))
        try manager.createSymbolicLink(atPath: link, withDestinationPath: folder.files.authority)
        #expect(before != FileStamps(of: [link]))
    }
}
