import Audit
import DecisionStore
import Engines
import Foundation
import Guard
import GuardCore
import Listening
import NIOCore
import PolicyLanguage
import Proxy
import Testing
import Tracing
import Upstream

@testable import Gateway

@Suite struct GatewayConfigurationLoaderTests {
    private static let minimal = """
        version: 1
        listen: {address: "127.0.0.1:8443", tls: {certificate: server.pem, key: server-key.pem}}
        upstream: {url: http://127.0.0.1:8081}
        policy: ../policy.yaml
        model: {file: models/guardian.slm}
        """

    /// Loads a text from a file of its own.
    private func load(
        _ text: String,
        environment: [String: String] = [:],
        processors: Int = Machine.usableProcessors
    ) throws -> GatewayConfiguration {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("guardian.yaml")
        try Data(text.utf8).write(to: file)
        return try GatewayConfiguration.load(path: file.path, environment: environment, processors: processors)
    }

    /// The first message of a text that must be wrong, with its line and column.
    private func diagnostic(_ text: String, environment: [String: String] = [:]) throws -> String {
        do {
            _ = try load(text, environment: environment)
        } catch let error as PolicyError {
            let first = try #require(error.diagnostics.first)
            return "\(first.mark?.line ?? 0):\(first.mark?.column ?? 0): \(first.message)"
        }
        return "no error"
    }

    @Test func `relative paths start at the folder of the file`() throws {
        let configuration = try load(Self.minimal)
        #expect(configuration.policy.hasSuffix("/policy.yaml"))
        #expect(!configuration.policy.contains(".."))
        #expect(configuration.model.file.hasPrefix("/"))
        #expect(configuration.model.file.hasSuffix("/models/guardian.slm"))
        #expect(configuration.tls?.certificate.hasPrefix("/") == true)
    }

    @Test(arguments: [
        ("certificate: server.pem", "certificate: \"a\\0.pem\"", "2:56: certificate must not hold a null character"),
        ("\"127.0.0.1:8443\"", "\"unix:a\\0b\"", "2:19: the path of a unix socket must not hold a null character"),
        ("http://127.0.0.1:8081", "\"unix:a\\0b\"", "3:17: the path of a unix socket must not hold a null character"),
        ("models/guardian.slm", "\"a\\0.slm\"", "5:15: file must not hold a null character"),
    ]) func `a path with a null character is an error at its place`(old: String, new: String, words: String) throws {
        #expect(try diagnostic(Self.minimal.replacing(old, with: new)) == words)
    }

    @Test func `a certificate in another folder is a link if it was one`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["guardian", "live"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        try Data().write(to: URL(fileURLWithPath: folder + "/first.pem"))
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/live/server.pem",
            withDestinationPath: "../first.pem"
        )
        let text = Self.minimal.replacing("certificate: server.pem", with: "certificate: ../live/server.pem")
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/guardian/guardian.yaml"))
        let configuration = try GatewayConfiguration.load(path: folder + "/guardian/guardian.yaml", environment: [:])
        #expect(configuration.tls?.certificate == folder + "/live/server.pem")
    }

    @Test func `who is believed and how the upstream is asked`() throws {
        let configuration = try load(
            Self.minimal
                .replacing("8443\",", with: "8443\", trusted_proxies: [10.0.0.0/8, \"::1\"],")
                .replacing("server-key.pem}", with: "server-key.pem, client_ca: ca.pem, client_certificate: optional}")
                .replacing(
                    "http://127.0.0.1:8081}",
                    with:
                        "http://127.0.0.1:8081, http2: always, connection_age: 1m, breaker_failures: 3, breaker_time: 500ms}"
                )
        )
        #expect(configuration.trustedProxies == ["10.0.0.0/8", "::1"].compactMap { IPNetwork($0) })
        #expect(configuration.tls?.takesClientsWithoutCertificate == true)
        #expect(configuration.tls?.keyLog == nil)
        #expect(configuration.upstream.http2 == .always)
        #expect(configuration.upstream.connectionAge == .seconds(60))
        #expect(configuration.upstream.breakerFailures == 3)
        #expect(configuration.upstream.breakerTime == .milliseconds(500))
        let never = try load(Self.minimal.replacing("8081}", with: "8081, breaker_failures: 0}"))
        #expect(never.upstream.breakerFailures == nil)
        let plain = try load(Self.minimal)
        #expect(plain.trustedProxies.isEmpty && plain.tls?.takesClientsWithoutCertificate == false)
        #expect(plain.upstream.http2 == .auto && plain.upstream.breakerFailures == 50)
    }

    @Test(arguments: [
        ("8443\",", "8443\", trusted_proxies: [nonsense],", "a peer must be an IP address or a block of them"),
        (
            "server-key.pem}", "server-key.pem, client_certificate: optional}",
            "client_certificate is for clients that are asked for one"
        ),
        (
            "server-key.pem}", "server-key.pem, client_ca: c.pem, client_certificate: maybe}",
            "unknown client_certificate 'maybe'"
        ),
        ("8081}", "8081, http2: perhaps}", "unknown http2 'perhaps'"),
        ("8081}", "8081, breaker_failures: -1}", "breaker_failures must be a number"),
    ]) func `wrong words about them are errors`(old: String, new: String, message: String) throws {
        #expect(try diagnostic(Self.minimal.replacing(old, with: new)).contains(message))
    }

    @Test func `the candidate is another file than the policy`() throws {
        let words = try diagnostic(Self.minimal + "\ncandidate: ./../policy.yaml")
        #expect(words == "6:12: 'candidate' is the file of 'policy'")
        #expect(try load(Self.minimal + "\ncandidate: next.yaml").candidate?.hasSuffix("/next.yaml") == true)
    }

    @Test func `a tenant's header that nobody is believed about is an error`() throws {
        let text = Self.minimal + "\ntenant_header: x-tenant\n"
        for callers in ["", "callers: {requests_per_minute: 5}"] {
            #expect(try diagnostic(text + callers) == "6:16: nobody is believed about 'tenant_header'")
        }
        for callers in ["callers: {trusted_peers: [10.0.0.0/8]}", "callers: {keys: keys.yaml}"] {
            #expect(try load(text + callers).tenantField == "x-tenant")
        }
    }

    @Test func `what is left out has its documented default`() throws {
        let configuration = try load(Self.minimal)
        #expect(configuration.admin == .init(host: "127.0.0.1", port: 9901))
        #expect(configuration.bodyLimit == 10 << 20)
        #expect(configuration.answerLimit == 16 << 20)
        #expect(configuration.passesUnrecognised == false)
        #expect(configuration.audit.place == .standardOutput)
        #expect(configuration.audit.overflow == .drop && configuration.audit.signingKey == nil)
        #expect(configuration.audit.content == .none)
        #expect(configuration.drainTimeout == .seconds(30))
        #expect(configuration.model.timeout == .seconds(20))
        #expect(configuration.eventLoops == Machine.usableProcessors)
    }

    @Test(arguments: [(0, 1, 1), (1, 1, 1), (64, 64, 64), (65, 64, 65), (192, 64, 192)])
    func `the model's threads follow the processors as far as there may be so many`(
        processors: Int,
        threads: Int,
        eventLoops: Int
    ) throws {
        let configuration = try load(Self.minimal, processors: processors)
        #expect(configuration.model.threads == threads)
        #expect(configuration.eventLoops == eventLoops)
    }

    @Test func `the admin listener's token and certificates are read`() throws {
        let digest = String(repeating: "0a", count: 32)
        let configuration = try load(
            Self.minimal + """

                admin:
                  address: 0.0.0.0:9901
                  token_sha256: \(digest)
                  tls: {certificate: /c.pem, key: /k.pem, client_ca: /ca.pem}
                """
        )
        #expect(configuration.administration.tokenDigest == digest)
        #expect(configuration.administration.tls?.clientAuthority == "/ca.pem")
        #expect(configuration.administration.tls?.takesClientsWithoutCertificate == true)
        #expect(try load(Self.minimal).administration == .init())
    }

    @Test(arguments: ["secret", "0A", "", String(repeating: "0A", count: 32)])
    func `a token is named by its hash`(_ text: String) throws {
        let words = try diagnostic(Self.minimal + "\nadmin: {address: \"127.0.0.1:9\", token_sha256: \"\(text)\"}")
        #expect(words.contains("token_sha256"))
    }

    @Test func `content is recorded of what was found in some categories`() throws {
        let audit = try load(
            Self.minimal + "\naudit: {content: [self_harm, hate], content_certificate: /reader.pem}"
        ).audit
        #expect(audit.content == .found([.selfHarm, .hate]) && audit.contentCertificate == "/reader.pem")
        #expect(try load(Self.minimal + "\naudit: {content: false}").audit.content == .none)
        #expect(try diagnostic(Self.minimal + "\naudit: {content: [hatred]}").contains("a category"))
        #expect(try diagnostic(Self.minimal + "\naudit: {content_certificate: /r.pem}").contains("no content"))
    }

    @Test func `decisions are kept in memory unless a file is named`() throws {
        #expect(try load(Self.minimal).store.place == .memory)
        #expect(try load(Self.minimal).store.retention.decisions == 10_000)
        let store = try load(Self.minimal + "\nstore: {path: /d.sqlite, keep: 2h}").store
        #expect(store.place == .file("/d.sqlite"))
        #expect(store.retention.age == .seconds(7200) && store.retention.decisions == 100_000)
        #expect(try load(Self.minimal + "\nstore: {decisions: 7}").store.retention.decisions == 7)
        #expect(try diagnostic(Self.minimal + "\nstore: {decisions: 0}").contains("decisions"))
    }

    @Test func `every key is read`() throws {
        let configuration = try load(
            """
            version: 1
            listen:
              address: "[::1]:9443"
              tls:
                {certificate: /c.pem, key: /k.pem, client_ca: /ca.pem,
                 additional: [{certificate: /d.pem, key: /e.pem}, {certificate: f.pem, key: /g.pem}]}
            admin: {address: "127.0.0.1:9"}
            upstream:
              {url: "https://api.example", ca: /u.pem, authorization_env: KEY, connect_timeout: 500ms,
               first_byte_timeout: 2m, idle_timeout: 7s, total_timeout: 9m, connections: 3, waiting: 4, retries: 0,
               certificate: /x.pem, key: y.pem, health: {path: /healthz, interval: 1s, timeout: 300ms}}
            policy: /p.yaml
            model: {file: /m.slm, timeout: 3s, safeguard_timeout: 4s, queue: 9, threads: 3, memory: 128MiB}
            audit:
              {path: /a.log, content: true, queue: 5, overflow: refuse, rotate: {size: 1MiB, age: 24h, keep: 3, compress: gzip},
               signing_key: /s.pem, checkpoint_every: 7}
            limits:
              {request_body: 64KiB, held_answer: 2MiB, connections: 1, connections_per_client: 2, header_count: 3,
               concurrent_streams: 4, stream_resets: 5, control_frames: 6, header_bytes: 7, uri_bytes: 8, body_rate: 9,
               buffered_bytes: 10KiB, header_time: 11s, body_time: 12s, body_idle_time: 13s, idle_time: 14s,
               write_stall_time: 15s}
            unrecognised_paths: pass
            trial_headers: true
            drain_timeout: 1s
            event_loops: 5
            """,
            environment: ["KEY": "Bearer x"]
        )
        #expect(configuration.listen == .tcp(.init(host: "::1", port: 9443)))
        #expect(configuration.tls?.clientAuthority == "/ca.pem")
        #expect(configuration.tls?.additional.map(\.key) == ["/e.pem", "/g.pem"])
        #expect(configuration.tls?.additional.last?.certificate.hasSuffix("/f.pem") == true)
        #expect(configuration.upstream.servers == [.init(scheme: "https", host: "api.example", port: 443)])
        #expect(configuration.upstream.totalTimeout == .seconds(540))
        #expect(configuration.upstream.connections == 3)
        #expect(configuration.upstream.waiting == 4)
        #expect(configuration.upstream.retries == 0)
        #expect(configuration.upstream.identity?.certificate == "/x.pem")
        #expect(configuration.upstream.identity?.key.hasSuffix("/y.pem") == true)
        #expect(configuration.upstream.healthPath == "/healthz")
        #expect(configuration.upstream.healthInterval == .seconds(1))
        #expect(configuration.upstream.healthTimeout == .milliseconds(300))
        #expect(configuration.upstream.authority == "/u.pem")
        #expect(configuration.upstream.authorization == "Bearer x")
        #expect(configuration.upstream.connectTimeout == .milliseconds(500))
        #expect(configuration.upstream.firstByteTimeout == .seconds(120))
        #expect(configuration.upstream.idleTimeout == .seconds(7))
        #expect(configuration.model.file == "/m.slm")
        #expect(configuration.model.queue == 9)
        #expect(configuration.model.threads == 3)
        #expect(configuration.model.memory == 128 << 20)
        #expect(configuration.model.safeguardTimeout == .seconds(4))
        #expect(configuration.audit.content == .all)
        #expect(configuration.audit.place == .file("/a.log"))
        #expect(configuration.audit.queue == 5 && configuration.audit.overflow == .refuse)
        #expect(
            configuration.audit.rotation == .init(size: 1 << 20, age: .seconds(86_400), keep: 3, compression: .gzip)
        )
        #expect(configuration.audit.signingKey == "/s.pem" && configuration.audit.checkpointInterval == 7)
        #expect(configuration.bodyLimit == 64 << 10)
        #expect(configuration.answerLimit == 2 << 20)
        #expect(
            configuration.limits
                == ProxyLimits(
                    headerBytes: 7,
                    headerCount: 3,
                    uriBytes: 8,
                    headerTime: .seconds(11),
                    bodyIdleTime: .seconds(13),
                    bodyTime: .seconds(12),
                    bodyRate: 9,
                    idleTime: .seconds(14),
                    writeStallTime: .seconds(15),
                    connections: 1,
                    connectionsPerClient: 2,
                    bufferedBytes: 10 << 10,
                    concurrentStreams: 4,
                    streamResets: 5,
                    controlFrames: 6
                )
        )
        #expect(configuration.passesUnrecognised)
        #expect(configuration.tellsTrials)
        #expect(configuration.drainTimeout == .seconds(1))
        #expect(configuration.eventLoops == 5)
    }

    @Test func `several servers are read, and one way of naming them only`() throws {
        let several = Self.minimal.replacing(
            "{url: http://127.0.0.1:8081}",
            with: "{servers: [{url: http://a:1}, {url: https://b, weight: 3}]}"
        )
        #expect(
            try load(several).upstream.servers == [
                .init(scheme: "http", host: "a", port: 1), .init(scheme: "https", host: "b", port: 443, weight: 3),
            ]
        )
        let both = Self.minimal.replacing("8081}", with: "8081, servers: [{url: http://a:1}]}")
        #expect(try diagnostic(both).hasSuffix("'upstream' has both 'url' and 'servers'"))
        let half = Self.minimal.replacing("8081}", with: "8081, key: k.pem}")
        #expect(try diagnostic(half).hasSuffix("'upstream' has only one of 'certificate' and 'key'"))
    }

    @Test(
        arguments: [
            ("{path: a.log, syslog: /dev/log}", "'audit' has both 'path' and 'syslog'"),
            ("{rotate: {size: 1MiB}}", "only a file is rotated"),
            ("{path: a.log, rotate: {keep: 3}}", "'rotate' has neither 'size' nor 'age'"),
            (
                "{path: a.log, rotate: {size: 1MiB, compress: zstd}}",
                "unknown compress 'zstd'"
            ),
            ("{path: a.log, rotate: {size: 1MiB, keep: 0}}", "keep must be a number from 1 to 10000, not '0'"),
            ("{overflow: block}", "unknown overflow 'block'"),
            ("{queue: 0}", "queue must be a number from 1 to 1000000, not '0'"),
        ]
    )
    func `what cannot be meant of the audit log is an error`(written: String, message: String) throws {
        #expect(try diagnostic(Self.minimal + "\naudit: \(written)\n").hasSuffix(message))
    }

    @Test func `records may go to syslog`() throws {
        let text = Self.minimal + "\naudit: {syslog: /dev/log}\n"
        #expect(try load(text).audit.place == .syslog("/dev/log"))
    }

    @Test func `unix sockets and sockets of the service manager are addresses`() throws {
        let address = "\"127.0.0.1:8443\""
        func listen(_ text: String) throws -> GatewayConfiguration.ListenAddress {
            try load(Self.minimal.replacing(address, with: text)).listen
        }
        #expect(try listen("unix:/run/guardian.sock") == .unix("/run/guardian.sock"))
        #expect(try listen("unix:/run/../tmp/a.sock") == .unix("/tmp/a.sock"))
        guard case .unix(let path) = try listen("unix:api.sock") else {
            Issue.record("not a unix socket")
            return
        }
        #expect(path.hasPrefix("/") && path.hasSuffix("/api.sock"))
        #expect(try listen("systemd") == .inherited(nil))
        #expect(try listen("systemd:web") == .inherited("web"))
        let upstream = try load(Self.minimal.replacing("http://127.0.0.1:8081", with: "unix:/run/llm.sock")).upstream
        #expect(upstream.servers.map(\.socketPath) == ["/run/llm.sock"])
    }

    @Test func `a listener says who passes connections on and who may share it`() throws {
        let configuration = try load(
            Self.minimal.replacing(
                "8443\",",
                with: "8443\", reuse_port: true, socket_mode: 0600, proxy_protocol: [10.0.0.0/8, \"::1\", unix],"
            )
        )
        #expect(configuration.sharesPort)
        #expect(configuration.socketMode == 0o600)
        #expect(configuration.trustedPeers.includesUnixSockets)
        #expect(configuration.trustedPeers.networks == [IPNetwork("10.0.0.0/8"), IPNetwork("::1")].compactMap { $0 })
        let plain = try load(Self.minimal)
        #expect(!plain.sharesPort)
        #expect(plain.socketMode == 0o660)
        #expect(plain.trustedPeers == TrustedPeers())
    }

    @Test func `a listener without TLS has to be asked for`() throws {
        let missing = Self.minimal.replacing(", tls: {certificate: server.pem, key: server-key.pem}", with: "")
        #expect(try diagnostic(missing) == "2:9: 'listen' has no 'tls'")
        let off = Self.minimal.replacing("{certificate: server.pem, key: server-key.pem}", with: "off")
        #expect(try load(off).tls == nil)
    }

    @Test(
        arguments: [
            ("version: 1", "version: 2", "1:10: version must be 1, not '2'"),
            ("policy: ../policy.yaml", "polcy: x", "1:1: a configuration has no 'policy'"),
            ("\"127.0.0.1:8443\"", "8443", "2:19: address must be host:port, unix:PATH or systemd:NAME, not '8443'"),
            ("\"127.0.0.1:8443\"", "\"unix:\"", "2:19: unix: is followed by a path, not the text 'unix:'"),
            (
                "8443\",", "8443\", proxy_protocol: [10.0.0.1/8],",
                "2:54: a peer of 'proxy_protocol' must be an address, a network or unix, not '10.0.0.1/8'"
            ),
            (
                "\"127.0.0.1:8443\",", "unix:/a, reuse_port: true,",
                "2:40: reuse_port is for addresses of the form host:port"
            ),
            (
                "8443\",", "8443\", socket_mode: 888,",
                "2:50: socket_mode must be file permissions such as 0660, not '888'"
            ),
            (
                "\"127.0.0.1:8443\"", "\"h:99999\"",
                "2:19: address must be host:port, unix:PATH or systemd:NAME, not the text 'h:99999'"
            ),
            (
                "http://127.0.0.1:8081", "ftp://h",
                "3:17: url must be http://host:port, https://host:port or unix:PATH, not 'ftp://h'"
            ),
            (
                "http://127.0.0.1:8081", "http://h/v1",
                "3:17: url must be http://host:port, https://host:port or unix:PATH, not 'http://h/v1'"
            ),
            (
                "guardian.slm", "guardian.slm, timeout: 5",
                "5:45: timeout must be a time such as 500ms, 20s or 5m, not '5'"
            ),
            ("guardian.slm", "guardian.slm, queue: 0", "5:43: queue must be a number from 1 to 100000, not '0'"),
            ("guardian.slm", "guardian.slm, threads: 65", "5:45: threads must be a number from 1 to 64, not '65'"),
            ("guardian.slm", "guardian.slm, memory: 8MiB", "5:44: 'memory' must be 64MiB or more"),
            (
                "guardian.slm", "guardian.slm, memory: 9GiB",
                "5:44: memory must be a size such as 64KiB or 10MiB, 8GiB at the most, not '9GiB'"
            ),
            (
                "guardian.slm}", "guardian.slm}\nlimits: {request_body: 1025MiB}",
                "6:24: request_body must be a size such as 64KiB or 10MiB, 1GiB at the most, not '1025MiB'"
            ),
        ]
    )
    func `a wrong value is told at its place`(original: String, wrong: String, message: String) throws {
        #expect(try diagnostic(Self.minimal.replacing(original, with: wrong)) == message)
    }

    @Test(
        arguments: [
            ("trunk: t.gguf, guardian: g", ["5:9: 'trunk'", "5:24: 'guardian'"]),
            ("file: g.slm, guardian: g", ["5:22: 'guardian'"]),
        ]
    )
    func `keys of the time before the packed file say what to write instead`(
        written: String,
        places: [String]
    ) throws {
        do {
            _ = try load(Self.minimal.replacing("file: models/guardian.slm", with: written))
            Issue.record("no error")
        } catch let error as PolicyError {
            let found = error.diagnostics.map { "\($0.mark?.line ?? 0):\($0.mark?.column ?? 0): \($0.message)" }
            #expect(found == places.map { "\($0) is no longer read: the model is one packed file" })
            #expect(error.diagnostics.allSatisfy { $0.hint?.contains("guardian model pack") == true })
        }
    }

    @Test func `what many texts or records take together may be more than 1 GiB`() throws {
        let text = """
            \(Self.minimal.replacing("guardian.slm", with: "guardian.slm, memory: 2GiB"))
            conversations: {bytes: 3GiB}
            audit: {path: a.jsonl, rotate: {size: 4096MiB}}
            limits: {buffered_bytes: 64GiB, connection_buffered_bytes: 2GiB}
            """
        let configuration = try load(text)
        #expect(configuration.model.memory == 2 << 30 && configuration.conversationLimits.bytes == 3 << 30)
        #expect(configuration.audit.rotation.size == 4 << 30)
        #expect(configuration.limits.bufferedBytes == 64 << 30)
        #expect(configuration.limits.connectionBufferedBytes == 2 << 30)
    }

    private static let engine = "{name: big, template: llama_guard, model: m, url: 'http://127.0.0.1:8000'}"

    @Test func `engines and who judges are read`() throws {
        let plain = try load(Self.minimal)
        #expect(plain.engines.isEmpty && plain.judge.voices == [.init("embedded")])
        let written = """
            \(Self.minimal)
            engines:
              - name: big
                template: instruction
                model: m
                instruction: Say safe or unsafe.
                servers: [{url: http://127.0.0.1:8000}, {url: http://127.0.0.1:8001, weight: 2}]
                authorization_env: KEY
                timeout: 3s
                connect_timeout: 100ms
                hedge_after: 250ms
                connections: 7
                queue: 9
                concurrency: 4
                health: {path: /health}
                probabilities: false
                text_size: 4KiB
                context_size: 2KiB
              - \(Self.engine.replacing("big", with: "other"))
            judge: {engines: [embedded, {name: big, weight: 3}, other], rule: weighted}
            """
        let configuration = try load(written, environment: ["KEY": "a-key"])
        let engine = try #require(configuration.engines.first)
        #expect(engine.name == "big" && engine.hedgeAfter == .milliseconds(250) && engine.queue == 9)
        #expect(engine.api.servers.map(\.port) == [8000, 8001] && engine.api.authorization == "a-key")
        #expect(engine.api.connections == 7 && engine.api.healthPath == "/health")
        #expect(engine.api.connectTimeout == .milliseconds(100) && engine.api.totalTimeout == .seconds(3))
        var settings = RemoteEngine.Settings(model: "m", kind: .instruction)
        settings.instruction = "Say safe or unsafe."
        settings.timeout = .seconds(3)
        settings.concurrency = 4
        settings.asksProbabilities = false
        settings.windowBytes = 4096
        settings.contextBytes = 2048
        #expect(engine.settings == settings)
        #expect(configuration.engines.last?.settings == .init(model: "m", kind: .llamaGuard))
        #expect(configuration.judge.rule == .weighted)
        #expect(configuration.judge.voices == [.init("embedded"), .init("big", weight: 3), .init("other")])
    }

    @Test(arguments: [
        ("", "no engine of 'engines' is asked"), ("judge: {engines: [larger]}", "there is no engine 'larger'"),
        ("judge: {engines: []}", "engines is empty"),
        ("judge: {engines: [big, big]}", "'big' is named twice"),
        ("judge: {engines: [big], rule: any}", "'judge.rule' has no effect on one engine"),
        ("judge: {engines: [embedded, big], rule: some}", "unknown rule 'some'"),
        ("judge: {engines: [embedded, {name: big, weight: 2}]}", "'weight' has no effect here"),
        ("judge: {rule: any}", "'judge' has no 'engines'"),
    ])
    func `what cannot be meant by who judges is an error`(judge: String, words: String) throws {
        let message = try diagnostic("\(Self.minimal)\nengines: [\(Self.engine)]\n\(judge)\n")
        #expect(message.contains(words), "\(message)")
    }

    @Test(arguments: [
        ("name: big", "name: embedded", "name must be"), ("name: big", "name: 'Big One'", "name must be"),
        ("llama_guard", "llama", "unknown template 'llama'"), ("model: m, ", "", "an engine has no 'model'"),
        ("model: m", "model: m, instruction: x", "the template llama_guard has its own words"),
        ("model: m", "model: m, hedge_after: 1s", "'hedge_after' needs a second server"),
        ("model: m", "model: m, text_size: 100", "text_size must be at least 256 bytes"),
        ("model: m", "model: m, temperature: 1", "unknown key 'temperature'"),
        ("url: 'http://127.0.0.1:8000'", "url: 'http://127.0.0.1:8000/v1'", "url must be"),
        ("url: 'http://127.0.0.1:8000'", "servers: []", "servers is empty"),
    ])
    func `what an engine cannot be is an error`(part: String, written: String, words: String) throws {
        let engine = Self.engine.replacing(part, with: written)
        let message = try diagnostic("\(Self.minimal)\nengines: [\(engine)]\njudge: {engines: [big]}\n")
        #expect(message.contains(words), "\(message)")
    }

    @Test func `a request asks an engine no more at a time than all may`() throws {
        let engine = Self.engine.replacing("model: m", with: "model: m, queue: 3")
        let configuration = try load("\(Self.minimal)\nengines: [\(engine)]\njudge: {engines: [big]}\n")
        #expect(configuration.engines.map(\.settings.concurrency) == [3])
    }

    @Test func `tracing is read with its defaults and fields from the environment`() throws {
        let plain = try #require(try load(Self.minimal + "\ntracing: {endpoint: http://collector:4318}").tracing)
        #expect(plain.collector.server == .init(scheme: "http", host: "collector", port: 4318) && plain.share == 1)
        #expect(plain.collector.path == "/v1/traces" && plain.collector.service == "guardian")
        #expect(plain.collector.fields.isEmpty)
        let text = """

            tracing:
              {endpoint: https://c.example/otlp/traces, ca: /ca.pem, service: gate, sample: 0.25, queue: 100, interval: 1s,
              headers_env: FIELDS}
            """
        let environment = ["FIELDS": "x-key=a=b, x-other = c "]
        let full = try #require(try load(Self.minimal + text, environment: environment).tracing)
        #expect(full.collector.server == .init(scheme: "https", host: "c.example", port: 443))
        #expect(full.collector.path == "/otlp/traces" && full.share == 0.25)
        #expect(full.collector.authority == "/ca.pem" && full.collector.service == "gate")
        #expect(full.queue.capacity == 100 && full.queue.batch == 100 && full.queue.interval == .seconds(1))
        #expect(full.collector.fields == [.init(name: "x-key", value: "a=b"), .init(name: "x-other", value: "c")])
    }

    @Test func `decisions may be kept in PostgreSQL`() throws {
        let store = try load(Self.minimal + "\nstore: {postgresql: 'host=db user=g'}").store
        #expect(store.place == .postgresql(.init(address: "host=db user=g", schema: "guardian")))
        #expect(store.retention.decisions == 100_000)
        let message = try diagnostic(Self.minimal + "\nstore: {postgresql: 'host=db', path: a.sqlite}")
        #expect(message.contains("both 'path' and 'postgresql'"))
    }

    @Test func `the audit log may go to a collector`() throws {
        let text = "\naudit: {otlp: {endpoint: 'http://collector:4318', service: gate, headers_env: FIELDS}, queue: 5}"
        let audit = try load(Self.minimal + text, environment: ["FIELDS": "x-key=a"]).audit
        guard case .collector(let collector) = audit.place else {
            Issue.record("it goes to \(audit.place)")
            return
        }
        #expect(collector.server == .init(scheme: "http", host: "collector", port: 4318) && audit.queue == 5)
        #expect(collector.path == "/v1/logs" && collector.service == "gate")
        #expect(collector.fields == [.init(name: "x-key", value: "a")])
    }

    @Test(arguments: [
        ("{otlp: {}}", "'endpoint'"), ("{otlp: http://c}", "'otlp' of 'audit' must be"),
        ("{otlp: {endpoint: c}}", "endpoint must be a URL"),
        ("{otlp: {endpoint: http://c, sample: 1}}", "unknown key 'sample'"),
        ("{path: a, otlp: {endpoint: http://c}}", "both 'path' and 'otlp'"),
        ("{syslog: a, otlp: {endpoint: http://c}}", "both 'syslog' and 'otlp'"),
        ("{otlp: {endpoint: http://c}, rotate: {size: 1MiB}}", "only a file is rotated"),
    ])
    func `what a collector of the audit log cannot be is an error`(audit: String, words: String) throws {
        let message = try diagnostic(Self.minimal + "\naudit: \(audit)")
        #expect(message.contains(words), "\(message)")
    }

    @Test(arguments: [
        ("{}", "'endpoint'"), ("{endpoint: collector}", "must be a URL"), ("{endpoint: 'ftp://c'}", "must be a URL"),
        ("{endpoint: 'http://c:99999'}", "must be a URL"), ("{endpoint: 'http://c/a?b'}", "must be a URL"),
        ("{endpoint: 'http://c/a b'}", "must be a URL"), ("{endpoint: http://c, sample: 1.5}", "from 0 to 1"),
        ("{endpoint: http://c, sample: nan}", "from 0 to 1"), ("{endpoint: http://c, queue: 0}", "queue must be"),
        ("{endpoint: http://c, headers_env: NOPE}", "NOPE is not set"),
        ("{endpoint: http://c, headers_env: BAD}", "is not 'name=value'"),
    ])
    func `what tracing cannot be is an error`(tracing: String, words: String) throws {
        let environment = ["BAD": "secret words"]
        let message = try diagnostic(Self.minimal + "\ntracing: \(tracing)", environment: environment)
        #expect(message.contains(words) && !message.contains("secret"), "\(message)")
    }

    @Test func `an environment variable that is not set is an error and its value is not shown`() throws {
        let text = Self.minimal.replacing("8081}", with: "8081, authorization_env: NOPE}")
        #expect(try diagnostic(text).hasSuffix("the environment variable NOPE is not set"))
    }

    @Test func `who only looks is told each variable that is not set once, and all else as ever`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("guardian.yaml")
        let collectors = """

            audit: {otlp: {endpoint: http://c, headers_env: FIELDS}}
            tracing: {endpoint: http://c, headers_env: FIELDS}
            """
        let text = Self.minimal.replacing("8081}", with: "8081, authorization_env: KEY}") + collectors
        try Data(text.utf8).write(to: file)
        let read = try GatewayConfiguration.inspect(path: file.path, environment: ["KEY": ""])
        #expect(read.unsetVariables == ["KEY", "FIELDS"])
        // That the gateway has a key of its own matters to whoever looks, too.
        #expect(read.configuration.upstream.authorization?.isEmpty == true)
        #expect(read.configuration.tracing?.collector.fields.isEmpty == true)
        let known = try GatewayConfiguration.inspect(path: file.path, environment: ["KEY": "x", "FIELDS": "a=b"])
        #expect(known.unsetVariables.isEmpty && known.configuration.upstream.authorization == "x")
        #expect(throws: PolicyError.self) {
            try GatewayConfiguration.inspect(path: file.path, environment: ["KEY": "x", "FIELDS": "words"])
        }
    }

    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples")

    @Test func `the quickstart's configuration is valid`() throws {
        let folder = Self.examples.appendingPathComponent("quickstart")
        let configuration = try GatewayConfiguration.load(path: folder.path + "/guardian.yaml")
        #expect(configuration.listen == .tcp(.init(host: "127.0.0.1", port: 8443)))
        #expect(
            configuration.policy == folder.deletingLastPathComponent().deletingLastPathComponent().path
                + "/Policies/default.yaml"
        )
    }

    @Test func `the configuration with two engines is valid`() throws {
        let file = Self.examples.appendingPathComponent("engines/guardian.yaml").path
        let configuration = try GatewayConfiguration.load(path: file)
        #expect(configuration.engines.map(\.settings.kind) == [.instruction])
        #expect(configuration.judge.voices.map(\.name) == ["embedded", "small"])
    }

    @Test func `the service's configuration is valid and its unit waits for the drain and the last records`() throws {
        let folder = Self.examples.appendingPathComponent("deploy")
        let configuration = try GatewayConfiguration.load(path: folder.path + "/guardian.yaml")
        #expect(configuration.admin.host == "127.0.0.1")
        #expect(configuration.policy == folder.path + "/default.yaml")
        #expect(configuration.audit.place == .file("/var/log/guardian/audit.jsonl"))
        let unit = try String(contentsOf: folder.appendingPathComponent("guardian.service"), encoding: .utf8)
        let stop = try #require(unit.firstMatch(of: #/TimeoutStopSec=(\d+)s/#).flatMap { Int($0.1) })
        // Behind the drain: 1 second for the admin port, 2 for what is judged, 10 for records and 5 for spans.
        let needed = configuration.drainTimeout + .seconds(18)
        #expect(.seconds(stop) > needed)
        // What the file offers in a comment is in the folder that the unit lets the service write.
        let text = try String(contentsOf: folder.appendingPathComponent("guardian.yaml"), encoding: .utf8)
        let candidate = try load(text.replacing("# candidate:", with: "candidate:")).candidate
        #expect(candidate == "/var/lib/guardian/candidate.yaml" && unit.contains("\nStateDirectory=guardian\n"))
    }
}
