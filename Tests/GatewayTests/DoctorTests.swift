import Audit
import DecisionStore
import Engines
import Foundation
import Guard
import Logging
import NIOCore
import NIOPosix
import Proxy
import TLS
import Testing

@testable import Gateway

@Suite struct DoctorTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "guardian-doctor-" + UUID().uuidString

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func file(_ name: String, _ contents: String = "") -> String {
            #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(contents.utf8)))
            return "\(path)/\(name)"
        }
    }

    private let folder: Folder
    private var configuration: GatewayConfiguration
    private var machine = Machine(
        processors: 4,
        kernels: "avx2",
        isSlow: false,
        availableMemory: 8 << 30,
        openFiles: 65536
    )

    init() throws {
        folder = try Folder()
        configuration = GatewayConfiguration(
            listen: .tcp(.init(host: "127.0.0.1", port: 0)),
            admin: .init(host: "127.0.0.1", port: 0),
            upstream: .init(scheme: "http", host: "127.0.0.1", port: 9),
            policy: folder.path + "/policy.yaml",
            model: .init(file: folder.path + "/guardian.slm", threads: 4)
        )
    }

    private var doctor: Doctor {
        Doctor(configuration, machine: machine, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(
        arguments: [
            (0, .ok, "within 1 s of that of a"), (-59, .ok, "within 59 s of that of a"),
            (61, .warning, "61 s ahead of that of a"), (-86_400, .warning, "86400 s behind that of a"),
        ] as [(Int64, CheckResult.Verdict, String)]
    )
    func `the clock is compared with a server's`(ahead: Int64, verdict: CheckResult.Verdict, found: String) throws {
        let time = try #require(AuditTime(rfc3339: "1994-11-06T08:49:37Z"))
        let now = AuditTime(millisecondsSinceEpoch: time.millisecondsSinceEpoch + ahead * 1000)
        let result = try #require(doctor.clock([("a", "Sun, 06 Nov 1994 08:49:37 GMT")], now: now))
        #expect(result.subject == "clock" && result.verdict == verdict && result.found == found)
    }

    @Test func `of several clocks the nearest counts, and of what is no time none`() throws {
        let now = try #require(AuditTime(rfc3339: "1994-11-06T08:49:37Z"))
        let dates = [
            ("a", "Sun, 06 Nov 1994 09:49:37 GMT"), ("b", "Sun, 06 Nov 1994 08:49:30 GMT"), ("c", "now"),
        ]
        #expect(doctor.clock(dates, now: now) == .ok("clock", "within 7 s of that of b"))
        #expect(doctor.clock([("c", "now")], now: now) == nil && doctor.clock([], now: now) == nil)
    }

    @Test(
        arguments: [
            "", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37Z GMT",
        ]
    )
    func `what is no date of HTTP is not read`(text: String) { #expect(Doctor.time(text) == nil) }

    @Test mutating func `callers' keys are counted, and a file that is wrong or open to all is told`() {
        #expect(doctor.keys.isEmpty)
        let hash = String(repeating: "a", count: 64)
        let path = folder.file("keys.yaml", "version: 1\nkeys:\n  - {name: one, sha256: \(hash)}\n")
        configuration.callers.keys = path
        #expect(chmod(path, 0o640) == 0)
        #expect(doctor.keys.map(\.verdict) == [.ok] && doctor.keys.first?.found.hasSuffix("keys.yaml, 1 key") == true)
        #expect(chmod(path, 0o646) == 0)
        #expect(doctor.keys.map(\.verdict) == [.warning])
        configuration.callers.keys = folder.file("wrong.yaml", "version: 1\nkeys:\n  - {name: one, sha256: short}\n")
        #expect(doctor.keys.map(\.verdict) == [.failure] && doctor.keys.first?.found.contains("wrong.yaml:3:") == true)
        configuration.callers.keys = folder.path + "/none.yaml"
        #expect(doctor.keys.map(\.verdict) == [.failure])
    }

    @Test mutating func `the upstream's key is for whoever comes unless callers show keys or certificates`() {
        #expect(doctor.keys.isEmpty)
        configuration.upstream.authorization = "Bearer x"
        #expect(doctor.keys.map(\.verdict) == [.warning] && doctor.keys.first?.advice?.contains("callers.keys") == true)
        configuration.tls = .init(certificate: "", key: "", clientAuthority: "/ca.pem")
        #expect(doctor.keys.isEmpty)
        configuration.tls?.takesClientsWithoutCertificate = true
        #expect(doctor.keys.map(\.verdict) == [.warning])
        let hash = String(repeating: "a", count: 64)
        let path = folder.file("keys.yaml", "version: 1\nkeys:\n  - {name: one, sha256: \(hash)}\n")
        configuration.callers.keys = path
        #expect(doctor.keys.map(\.verdict) == [.ok])
    }

    @Test mutating func `servers of engines that judge are asked`() async {
        let away = GatewayConfiguration.UpstreamAPI(scheme: "http", host: "127.0.0.1", port: 9)
        configuration.engines = [.init(name: "big", settings: .init(model: "m", kind: .instruction), api: away)]
        #expect(await doctor.engines().isEmpty)
        configuration.judge.voices = [.init("embedded"), .init("big")]
        let results = await doctor.engines()
        #expect(results.map(\.verdict) == [.failure] && results.first?.subject == "engine big")
    }

    @Test func `a variable that is not set here is a warning, for the service may have it`() {
        #expect(doctor.variables.isEmpty)
        let other = Doctor(configuration, unsetVariables: ["KEY"], machine: machine, logger: doctor.logger)
        #expect(other.variables.map(\.verdict) == [.warning])
        #expect(other.variables.first?.found == "the variable KEY is not set here")
    }

    // MARK: The machine

    @Test mutating func `a machine with what is needed is well`() {
        #expect([doctor.processor, doctor.memory, doctor.openFiles].map(\.verdict) == [.ok, .ok, .ok])
        (machine.availableMemory, machine.openFiles) = (nil, nil)
        #expect([doctor.memory, doctor.openFiles].map(\.verdict) == [.ok, .ok])
    }

    @Test mutating func `a processor that is slow or has too many threads is a warning, a wrong level a failure`() {
        configuration.model.threads = 5
        #expect(doctor.processor.verdict == .warning)
        #expect(doctor.processor.found.contains("model.threads is 5"))
        machine.isSlow = true
        #expect(doctor.processor.verdict == .warning)
        machine.kernels = nil
        #expect(doctor.processor.verdict == .failure)
    }

    @Test mutating func `memory is held against the model's file and the bodies that may be held`() throws {
        try Data(count: 64 << 20).write(to: URL(fileURLWithPath: configuration.model.file))
        machine.availableMemory = 150 << 20
        #expect(doctor.memory.verdict == .failure)
        #expect(doctor.memory.advice?.contains("192 MiB") == true)
        machine.availableMemory = 400 << 20
        #expect(doctor.memory.verdict == .warning)
        configuration.limits.bufferedBytes = 64 << 20
        #expect(doctor.memory.verdict == .warning)
        configuration.model.memory = 64 << 20
        // What is judged beside exchanges, records that wait, those of the store, and conversations.
        #expect(doctor.memory.advice?.contains("480 MiB") == true)
        configuration.conversationLimits.bytes = 32 << 20
        #expect(doctor.memory.advice?.contains("448 MiB") == true)
        configuration.store.place = .file(folder.path + "/decisions.sqlite")
        #expect(doctor.memory.verdict == .ok)
    }

    @Test mutating func `the pods of the Kubernetes manifests have the memory that they may take`() throws {
        let manifests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/deploy/kubernetes.yaml")
        let text = try String(contentsOf: manifests, encoding: .utf8)
        let limit = try #require(text.firstMatch(of: #/limits: \{memory: (\d+)Mi\}/#).flatMap { Int($0.1) })
        let map = try #require(text.firstMatch(of: #/guardian\.yaml: \|\n((?: {4}.*\n)+)/#)?.1)
        configuration = try .load(
            path: folder.file("guardian.yaml", "\n\(map)".replacing("\n    ", with: "\n")),
            environment: ["UPSTREAM_AUTHORIZATION": "Bearer x"]
        )
        configuration.model.file = folder.file("guardian.slm")
        #expect(truncate(configuration.model.file, 140 << 20) == 0)
        machine.availableMemory = limit << 20
        #expect(doctor.memory.verdict == .ok)
    }

    @Test mutating func `fewer open files than connections is a warning`() {
        machine.openFiles = 1024
        #expect(doctor.openFiles.verdict == .warning)
        configuration.limits.connections = 500
        #expect(doctor.openFiles.verdict == .ok)
    }

    @Test(
        arguments: [
            ("max\n", "5\n", 0, nil), ("1000\n", "400\n", 0, 600), ("1000", "2000", 0, 0), ("", "1", 0, nil),
            ("x", "1", 0, nil), ("99999999999999999999", "1", 0, nil), ("1000\n", "900\n", 700, 800),
            ("1000", "900", 950, 1000),
        ] as [(String, String, Int, Int?)]
    )
    func `a container's limit is what is left of it, and files that are kept in memory take nothing`(
        limit: String,
        used: String,
        cached: Int,
        left: Int?
    ) {
        #expect(Machine.remainder(limit: limit, used: used, cached: cached) == left)
    }

    @Test func `processors are those that the container lets the process use`() {
        let processors = Machine.usableProcessors
        #expect(processors >= 1 && processors <= System.coreCount)
        #expect(Machine.current(environment: [:]).processors == processors)
    }

    @Test func `a number of the memory's statistics is found by its whole name`() {
        let text = "inactive_anon 1\ninactive_file 4096\ntotal_inactive_file 8192\nfile x\n"
        #expect(Machine.number("inactive_file", in: text) == 4096)
        #expect(Machine.number("total_inactive_file", in: text) == 8192)
        #expect(Machine.number("file", in: text) == nil && Machine.number("anon", in: text) == nil)
    }

    // MARK: Files

    @Test mutating func `a policy is compiled, and its diagnostics are told`() throws {
        #expect(doctor.policies.map(\.verdict) == [.failure])
        let text =
            "version: 1\nname: p\nmode: MODE\ninput:\n  categories: {hate: {threshold: 0.5, action: block}}\n  others: ignore\noutput: {others: ignore}\n"
        _ = folder.file("policy.yaml", text.replacing("MODE", with: "enforce"))
        #expect(doctor.policies.map(\.verdict) == [.ok])
        configuration.candidate = folder.file("next.yaml", text.replacing("0.5", with: "5"))
        #expect(doctor.policies.map(\.subject) == ["policy", "candidate"])
        #expect(doctor.policies[1].verdict == .failure && doctor.policies[1].found.contains("next.yaml:"))
        configuration.candidate = folder.path + "/none.yaml"
        #expect(doctor.policies.map(\.verdict) == [.ok, .warning])
        #expect(doctor.policies[1].found.hasSuffix("/none.yaml is not there"))
        configuration.candidate = nil
        _ = folder.file("policy.yaml", text.replacing("MODE", with: "shadow"))
        #expect(doctor.policies.map(\.verdict) == [.warning])
    }

    @Test func `a model that is missing or no model is a failure`() {
        #expect(doctor.model.verdict == .failure)
        _ = folder.file("guardian.slm", "not a model")
        #expect(doctor.model.verdict == .failure && doctor.model.found.contains("guardian.slm"))
    }

    @Test mutating func `a certificate is judged by its key, its end and who may read it`() throws {
        #expect(doctor.certificates.map(\.verdict) == [.warning])
        let files = try DevelopmentCertificates.make(in: folder.path)
        configuration.tls = .init(certificate: files.certificate, key: files.privateKey)
        #expect(doctor.certificates.map(\.verdict) == [.ok])

        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: files.privateKey)
        #expect(doctor.certificates[0].verdict == .warning)
        #expect(doctor.certificates[0].advice == "chmod o-rwx \(files.privateKey)")

        try DevelopmentCertificates.make(in: folder.path, validity: .days(20), overwrite: true)
        #expect(doctor.certificates[0].verdict == .warning)
        #expect(doctor.certificates[0].advice?.hasPrefix("renew it") == true)

        try DevelopmentCertificates.make(in: folder.path, validity: .expired(), overwrite: true)
        #expect(doctor.certificates[0].verdict == .failure && doctor.certificates[0].found.contains("expired"))

        let other = try DevelopmentCertificates.make(in: folder.path + "/other")
        configuration.tls = .init(certificate: other.certificate, key: other.privateKey)
        configuration.tls?.additional = [.init(certificate: other.certificate, key: files.privateKey)]
        configuration.upstream.identity = .init(certificate: other.certificate, key: folder.path + "/none.pem")
        #expect(doctor.certificates.map(\.verdict) == [.ok, .failure, .failure])
        #expect(doctor.certificates[2].subject == "upstream certificate")
    }

    @Test mutating func `what is read beside a certificate is looked at, and that of the admin listener`() throws {
        let files = try DevelopmentCertificates.make(in: folder.path)
        configuration.tls = .init(certificate: files.certificate, key: files.privateKey)
        configuration.tls?.ocsp = folder.path + "/none.der"
        configuration.administration.tls = .init(certificate: files.certificate, key: folder.path + "/none.pem")
        #expect(doctor.certificates.map(\.verdict) == [.failure, .failure])
        #expect(doctor.certificates.map(\.subject) == ["certificate", "admin certificate"])
        #expect(doctor.certificates[0].found.contains("none.der"))
        configuration.tls?.ocsp = nil
        configuration.administration.tls?.key = files.privateKey
        #expect(doctor.certificates.map(\.verdict) == [.ok, .ok])
        configuration.administration.tls?.clientAuthority = folder.path + "/none.pem"
        #expect(doctor.certificates.map(\.verdict) == [.ok, .failure])
    }

    @Test mutating func `an audit file that a link leads to, be it there or not, needs the folder there`() throws {
        let link = folder.path + "/audit.jsonl"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "records/audit.jsonl")
        configuration.audit.place = .file(link)
        configuration.audit.rotation = .init(size: 1 << 20)
        #expect(doctor.audit[0].verdict == .failure && doctor.audit[0].advice == "make \(folder.path)/records")
        try FileManager.default.createDirectory(atPath: folder.path + "/records", withIntermediateDirectories: false)
        #expect(doctor.audit.map(\.verdict) == [.ok])
    }

    @Test mutating func `an audit file needs a folder, the right to write and a bound`() throws {
        #expect(doctor.audit.map(\.verdict) == [.ok])
        configuration.audit.place = .file(folder.path + "/missing/audit.jsonl")
        #expect(doctor.audit[0].verdict == .failure && doctor.audit[0].advice == "make \(folder.path)/missing")
        configuration.audit.place = .file(folder.path + "/audit.jsonl")
        #expect(doctor.audit[0].advice == "set audit.rotate")
        configuration.audit.rotation = .init(size: 1 << 20)
        #expect(doctor.audit.map(\.verdict) == [.ok])
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/audit.jsonl"))
        configuration.audit.place = .file(folder.path)
        #expect(doctor.audit[0].verdict == .failure && doctor.audit[0].found.hasSuffix("is a folder"))
        configuration.audit.place = .syslog(folder.path + "/nobody")
        #expect(doctor.audit.map(\.verdict) == [.failure])
        configuration.audit.place = .standardOutput
        configuration.audit.signingKey = folder.file("audit.key", "no key")
        #expect(doctor.audit.map(\.verdict) == [.ok, .failure])
        configuration.audit.signingKey = nil
        configuration.audit.contentCertificate = folder.path + "/none.pem"
        #expect(doctor.audit.map(\.verdict) == [.ok, .failure])
        #expect(doctor.audit[1].found.contains("none.pem"))
        configuration.audit.contentCertificate = try DevelopmentCertificates.make(in: folder.path).certificate
        #expect(doctor.audit.map(\.verdict) == [.ok, .ok])
    }

    @Test mutating func `a store needs a folder, a file's name in it, and a build that knows it`() {
        #expect(doctor.store.isEmpty)
        let path = folder.path + "/decisions.sqlite"
        configuration.store.place = .file(path)
        #expect(doctor.store.map(\.verdict) == [.ok])
        #expect(!FileManager.default.fileExists(atPath: path))
        configuration.store.place = .file(folder.path + "/missing/decisions.sqlite")
        #expect(doctor.store.first?.advice == "make \(folder.path)/missing")
        configuration.store.place = .file(folder.path)
        #expect(doctor.store.map(\.verdict) == [.failure])
        #if !PostgreSQL
        configuration.store.place = .postgresql(.init(address: "host=db"))
        #expect(doctor.store.first?.found.contains("--traits PostgreSQL") == true)
        #endif
    }

    // MARK: The network

    @Test mutating func `an address that is taken or open to others is a warning`() async throws {
        #expect(await doctor.addresses().map(\.verdict) == [.ok, .ok])
        configuration.admin.host = "0.0.0.0"
        #expect(await doctor.addresses().map(\.verdict) == [.ok, .warning])
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        configuration.listen = .tcp(.init(host: "127.0.0.1", port: try #require(channel.localAddress?.port)))
        let taken = await doctor.addresses()[0]
        #expect(taken.verdict == .warning && taken.found.hasSuffix("is in use"))
        try await channel.close()
        configuration.listen = .tcp(.init(host: "192.0.2.1", port: 0))
        #expect(await doctor.addresses()[0].verdict == .failure)
        configuration.listen = .unix("/nowhere/at/all.sock")
        #expect(await doctor.addresses()[0].verdict == .failure)
        configuration.listen = .unix("/tmp/guardian-doctor.sock")
        #expect(await doctor.addresses()[0].verdict == .ok)
        for path in [folder.path, folder.file("plain")] {
            configuration.listen = .unix(path)
            #expect(await doctor.addresses()[0].verdict == .failure)
        }
    }

    @Test mutating func `a socket that the service manager would hand over is not said to be there`() async {
        configuration.listen = .inherited(nil)
        let result = await doctor.addresses()[0]
        #expect(result.verdict == .warning && result.found.contains("cannot be checked here"))
    }

    @Test mutating func `an address that cannot be had beside the other one is a failure`() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        configuration.admin.port = port
        configuration.listen = .tcp(configuration.admin)
        // As long as somebody else listens there, too.
        #expect(await doctor.addresses()[0].verdict == .failure)
        try await channel.close()
        #expect(await doctor.addresses()[0].verdict == .failure)
        configuration.listen = .tcp(.init(host: "0.0.0.0", port: port))
        #expect(await doctor.addresses().map(\.verdict) == [.failure, .ok])
        configuration.admin.port = 0
        #expect(await doctor.addresses().map(\.verdict) == [.ok, .ok])
    }

    @Test mutating func `each server of the upstream is asked`() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.pipeline.addHandler(Refusal()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        configuration.upstream.servers = [
            .init(scheme: "http", host: "127.0.0.1", port: port), .init(scheme: "https", host: "localhost", port: port),
        ]
        #expect(await doctor.upstream().map(\.verdict) == [.ok, .warning])
        configuration.upstream.healthPath = "/health"
        let answers = await doctor.upstream()
        #expect(answers.map(\.verdict) == [.failure, .failure])
        #expect(answers[0].found.hasSuffix("answers /health with 404"))
        try await channel.close()
        let refused = await doctor.upstream()[0]
        #expect(refused.verdict == .failure && refused.found.contains("upstream_connect_refused"))
    }

    @Test func `nothing is sent to the upstream where that is not wanted`() async {
        let subjects = await doctor.examine(asksUpstream: false).map(\.subject)
        #expect(!subjects.contains("upstream") && subjects.contains("listen") && subjects.contains("model"))
    }

    @Test mutating func `files of authorities are read without asking anybody`() async {
        let missing = folder.path + "/none.pem"
        configuration.upstream = .init(scheme: "https", host: "127.0.0.1", port: 9)
        configuration.upstream.authority = missing
        configuration.engines = [
            .init(name: "big", settings: .init(model: "m", kind: .instruction), api: configuration.upstream)
        ]
        configuration.judge.voices = [.init("embedded"), .init("big")]
        var collector = GatewayConfiguration.Collector(
            server: .init(scheme: "https", host: "127.0.0.1", port: 9),
            path: "/"
        )
        collector.authority = missing
        configuration.tracing = GatewayConfiguration.Tracing(collector)
        configuration.audit.place = .collector(collector)
        let results = await doctor.examine(asksUpstream: false).filter { $0.found.contains(missing) }
        #expect(results.map(\.subject) == ["upstream", "engine big", "tracing", "audit.otlp"])
        #expect(results.allSatisfy { $0.verdict == .failure })
    }

    /// Answers whatever comes with 404.
    private final class Refusal: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = ByteBuffer(string: "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
