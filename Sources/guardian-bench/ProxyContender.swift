import Foundation
import TLS

/// What the load is sent to: each shows the same certificate and forwards to the same origin, an nginx of its own that answers
/// every request with the same words.
struct ProxyContender {
    var name: String
    /// Where to send requests to, through TLS.
    var port: Int
    /// Where its metrics are; 0 for what has none.
    var admin = 0
    /// nil for what is not a process of its own.
    var process: ChildProcess?

    var url: String { "https://127.0.0.1:\(port)" }
}

/// Writes the configuration of each contender and starts it.
struct ProxyContenders {
    private let folder: URL
    let certificates: DevelopmentCertificates
    private let threads: Int

    init(folder: URL, threads: Int) throws {
        self.folder = folder
        self.threads = threads
        certificates = try DevelopmentCertificates.make(in: folder.appendingPathComponent("certificates").path)
    }

    /// The origin: plain HTTP for the proxies, TLS to measure what a request costs without any of them.
    func origin(answer: String) async throws -> (origin: ProxyContender, port: Int) {
        let (plain, tls) = (try ChildProcess.freePort(), try ChildProcess.freePort())
        let servers = """
            server {
                listen 127.0.0.1:\(plain) reuseport;
                listen 127.0.0.1:\(tls) ssl http2;
                location / { default_type application/json; return 200 '\(answer)'; }
            }
            """
        let process = try nginx("origin", servers)
        try await process.await(port: tls)
        return (ProxyContender(name: "origin", port: tls, process: process), plain)
    }

    /// - Parameter buffers: whether answers are gathered before they are passed on, as nginx does unless told otherwise.
    func nginx(forwardingTo origin: Int, buffers: Bool = true) async throws -> ProxyContender {
        let port = try ChildProcess.freePort()
        let servers = """
            upstream origin { server 127.0.0.1:\(origin); keepalive 256; keepalive_requests 100000000; }
            server {
                listen 127.0.0.1:\(port) ssl http2 reuseport;
                location / {
                    proxy_pass http://origin;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_buffering \(buffers ? "on" : "off");
                }
            }
            """
        let process = try nginx("nginx-\(port)", servers)
        try await process.await(port: port)
        return ProxyContender(name: "nginx", port: port, process: process)
    }

    private func nginx(_ name: String, _ servers: String) throws -> ChildProcess {
        guard let path = ChildProcess.find("nginx") else {
            throw ChildProcess.Failure(description: "nginx is not installed (Debian: nginx)")
        }
        let home = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(home.path)/\($0);" }.joined(separator: " ")
        let configuration = """
            daemon off;
            worker_processes \(threads);
            pid \(home.path)/pid;
            error_log \(home.path)/error.log error;
            worker_rlimit_nofile 20000;
            events { worker_connections 16384; }
            http {
                access_log off;
                \(temporary)
                keepalive_requests 100000000;
                keepalive_timeout 120s;
                http2_max_concurrent_streams 128;
                ssl_certificate \(certificates.certificate);
                ssl_certificate_key \(certificates.privateKey);
                \(servers)
            }
            """
        let file = home.appendingPathComponent("nginx.conf")
        try Data(configuration.utf8).write(to: file)
        return try ChildProcess(
            path,
            ["-p", home.path, "-c", file.path, "-e", "\(home.path)/start.log"],
            log: home.appendingPathComponent("output")
        )
    }

    /// nil where it is not installed.
    func haproxy(forwardingTo origin: Int) async throws -> ProxyContender? {
        guard let path = ChildProcess.find("haproxy") else { return nil }
        let port = try ChildProcess.freePort()
        let pair = folder.appendingPathComponent("haproxy.pem")
        let texts = try [certificates.certificate, certificates.privateKey].map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        try Data(texts.joined().utf8).write(to: pair)
        let configuration = """
            global
                nbthread \(threads)
                maxconn 9500
                ssl-default-bind-options ssl-min-ver TLSv1.2
            defaults
                mode http
                timeout connect 5s
                timeout client 120s
                timeout server 120s
                http-reuse always
            frontend front
                bind 127.0.0.1:\(port) ssl crt \(pair.path) alpn h2,http/1.1
                default_backend back
            backend back
                server origin 127.0.0.1:\(origin)

            """
        let file = folder.appendingPathComponent("haproxy-\(port).cfg")
        try Data(configuration.utf8).write(to: file)
        let process = try ChildProcess(
            path,
            ["-db", "-f", file.path],
            log: folder.appendingPathComponent("haproxy.log")
        )
        try await process.await(port: port)
        return ProxyContender(name: "haproxy", port: port, process: process)
    }

    /// The gateway, in a process of its own.
    ///
    /// - Parameters:
    ///   - policy: where the rules are taken from; no category is judged, so that the model is not asked.
    ///   - model: it is loaded all the same.
    ///   - recording: what is kept beside the audit log; nil for nothing.
    func gateway(
        forwardingTo origin: Int,
        policy: String,
        model: String,
        recording: GatewayRecording? = nil
    ) async throws -> ProxyContender {
        let (port, admin) = (try ChildProcess.freePort(), try ChildProcess.freePort())
        let text = try String(contentsOfFile: policy, encoding: .utf8)
        guard let rules = text.range(of: "\nrules:") else {
            throw ChildProcess.Failure(description: "\(policy) has no rules")
        }
        let judged = """
            version: 1
            name: bench
            mode: enforce
            input: {others: ignore}
            output: {others: ignore}
            \(text[rules.lowerBound...])
            """
        let policyFile = folder.appendingPathComponent("policy.yaml")
        try Data(judged.utf8).write(to: policyFile)
        let configuration = """
            version: 1
            listen:
              address: 127.0.0.1:\(port)
              tls: {certificate: \(certificates.certificate), key: \(certificates.privateKey)}
            admin: {address: "127.0.0.1:\(admin)"}
            upstream: {url: "http://127.0.0.1:\(origin)"}
            policy: \(policyFile.path)
            model: {file: \(URL(fileURLWithPath: model).standardizedFileURL.path), threads: 1}
            audit: {path: \(auditPath(port))\(recording == nil ? "" : ", " + GatewayRecording.rotation)}
            unrecognised_paths: pass
            event_loops: \(threads)
            \(recording?.configuration ?? "")

            """
        let file = folder.appendingPathComponent("guardian-\(port).yaml")
        try Data(configuration.utf8).write(to: file)
        let log = folder.appendingPathComponent("gateway-\(port).log")
        let process = try await GatewayProcess.launch(configuration: file, log: log, port: port)
        return ProxyContender(name: "gateway", port: port, admin: admin, process: process)
    }

    private func auditPath(_ port: Int) -> String { "\(folder.path)/audit-\(port).jsonl" }

    /// The files of a gateway's audit log, those put away and the present one.
    func auditFiles(of gateway: ProxyContender) throws -> [String] {
        let present = auditPath(gateway.port)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .map { "\(folder.path)/\($0)" }
            .filter { $0.hasPrefix(present) }
            .sorted()
    }
}

/// What a gateway keeps of its exchanges beside plain audit records.
struct GatewayRecording {
    /// The port of a collector of spans.
    var spans: Int
    /// An SQLite file for the dashboard's copies.
    var store: String

    static let rotation = "rotate: {size: 16MiB, keep: 10000, compress: gzip}"

    var configuration: String {
        """
        store: {path: \(store), decisions: 100000000}
        tracing: {endpoint: "http://127.0.0.1:\(spans)/v1/traces"}
        """
    }
}
