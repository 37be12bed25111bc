import Foundation
import TLS

/// Gateways in front of one origin, each in a process of its own.
struct BenchGateways {
    /// What judges the texts.
    enum Guards: String, CaseIterable {
        /// Nothing: bodies are passed on as they come.
        case off
        case rules
        /// Rules and the model, by the policy with its thresholds out of reach: what costs time is the judging, and a stream that the
        /// model stops would measure nothing.
        case model
    }

    /// What else is done about each exchange.
    struct Observation {
        var isAudited = false
        var isTraced = false
    }

    struct Running {
        var port: Int
        var admin: Int
        var process: ChildProcess
    }

    let certificates: DevelopmentCertificates
    private let folder: URL
    private let origin: Int
    private let model: String
    private let policy: String
    private let threads: Int
    private let memory: String

    /// - Parameter memory: of the model, as the configuration has it.
    init(folder: URL, origin: Int, policy: String, model: String, threads: Int, memory: String) throws {
        self.folder = folder
        self.origin = origin
        self.model = model
        self.policy = policy
        self.threads = threads
        self.memory = memory
        certificates = try DevelopmentCertificates.make(in: folder.appendingPathComponent("certificates").path)
    }

    func start(_ name: String, _ guards: Guards, _ observation: Observation = .init()) async throws -> Running {
        let (port, admin) = (try ChildProcess.freePort(), try ChildProcess.freePort())
        let policyFile = folder.appendingPathComponent("\(name)-policy.yaml")
        try Data(text(of: guards).utf8).write(to: policyFile)
        let tracing = "tracing: {endpoint: \"http://127.0.0.1:\(origin)/v1/traces\"}"
        let configuration = """
            version: 1
            listen:
              address: 127.0.0.1:\(port)
              tls: {certificate: \(certificates.certificate), key: \(certificates.privateKey)}
            admin: {address: "127.0.0.1:\(admin)"}
            upstream: {url: "http://127.0.0.1:\(origin)"}
            policy: \(policyFile.path)
            model:
              file: \(URL(fileURLWithPath: model).standardizedFileURL.path)
              threads: \(threads)
              memory: \(memory)
            audit: {path: \(observation.isAudited ? "\(folder.path)/\(name)-audit.jsonl" : "/dev/null")}
            event_loops: 1
            \(observation.isTraced ? tracing : "")

            """
        let file = folder.appendingPathComponent("\(name).yaml")
        try Data(configuration.utf8).write(to: file)
        let log = folder.appendingPathComponent("\(name).log")
        let process = try await GatewayProcess.launch(configuration: file, log: log, port: port)
        return Running(port: port, admin: admin, process: process)
    }

    private func text(of guards: Guards) throws -> String {
        let whole = try String(contentsOfFile: policy, encoding: .utf8)
        guard guards != .model else { return whole.replacing(#/\bthreshold: *0?\.\d+/#, with: "threshold: 1") }
        let head = "version: 1\nname: bench\nmode: enforce\n"
        guard guards == .rules else { return head + "input: ignore\noutput: ignore\n" }
        guard let rules = whole.range(of: "\nrules:") else {
            throw ChildProcess.Failure(description: "\(policy) has no rules")
        }
        return head + "input: {others: ignore}\noutput: {others: ignore}\n" + whole[rules.lowerBound...]
    }

    /// What a client needs to trust them.
    func clientContext() throws -> TLSContext {
        var client = TLSClientConfiguration(serverName: "localhost")
        client.applicationProtocols = ["http/1.1"]
        client.trustRoots = .file(certificates.authority)
        return try .client(client)
    }
}
