import ArgumentParser
import Audit
import Foundation
import NIOCore
import NIOPosix
import TLS

/// The gateway under callers that break off in every way, for as long as it takes to see whether it forgets anything.
struct SoakBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract:
            "Memory of the gateway under mixed traffic and aborts, how it grows, and whether anything goes unrecorded.",
        discussion: """
            Callers ask, read to the end or break off: in the handshake, in the head, in the body, in the middle of a stream. \
            Each exchange is written to an audit log whose files are put away and compressed, kept for the dashboard, and traced \
            to a collector in this process; the metrics are read every second. Once the gateway has ended, every answer must \
            be in the log ('lost_records'), every record of it in the store ('lost_decisions') and its span with the collector \
            ('lost_spans'), and the log's chain whole ('log_breaks'); the exit status is 1 if anything is missing. \
            'soak.slope' is what a line through the gateway's own memory (pages of no file) rises in a minute, over the last \
            three quarters of the time: what grows with the work alone is there before.
            """
    )

    @OptionGroup var packed: PackedOption

    @Option(help: "The policy whose rules are used.")
    var policy = "Policies/default.yaml"

    @Option(help: "How long.")
    var seconds = 600

    @Option(help: "Callers at a time.")
    var callers = 32

    @Flag(help: "One JSON line a figure.")
    var json = false

    func validate() throws {
        if seconds < 4 || callers < 1 { throw ValidationError("--seconds is at least 4, --callers at least 1") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "guardian-bench-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let contenders = try ProxyContenders(folder: folder, threads: packed.threads)
        let origin = try await EventOrigin.start(on: group)
        let receiver = SpanReceiver()
        let store = folder.appendingPathComponent("decisions.sqlite").path
        let gateway = try await contenders.gateway(
            forwardingTo: origin.port,
            policy: policy,
            model: packed.model,
            recording: .init(spans: try await receiver.start(on: group), store: store)
        )
        defer { gateway.process?.stop() }
        guard let process = gateway.process?.identifier else { return }
        let caller = try TLSCaller(group: group, authority: contenders.certificates.authority)

        let (counts, port) = (SoakCounts(), gateway.port)
        let end = ContinuousClock.now + .seconds(seconds)
        var memory: [(minutes: Double, bytes: Double)] = []
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<callers {
                tasks.addTask {
                    var soaker = SoakCaller(caller: caller, port: port, number: number, counts: counts)
                    while ContinuousClock.now < end { await soaker.step() }
                }
            }
            let start = ContinuousClock.now
            let metrics = MetricsReader(group: group, port: gateway.admin)
            while ContinuousClock.now < end {
                try await Task.sleep(for: .seconds(1))
                _ = try await metrics.read()
                guard let use = ProcessUse(of: process) else {
                    throw ChildProcess.Failure(description: "the gateway is gone")
                }
                memory.append(((ContinuousClock.now - start) / .seconds(60), use.anonymous))
            }
            try await tasks.waitForAll()
        }
        // What waits in the gateway's queues is written before it ends.
        gateway.process?.stop()
        let accounts = try SoakAccounts(
            answered: counts.answered,
            files: contenders.auditFiles(of: gateway),
            store: store,
            spans: try await receiver.stop()
        )
        try report(memory, counts, accounts)
        try await origin.stop()
        try await group.shutdownGracefully()
        guard accounts.isComplete else { throw ExitCode.failure }
    }

    private func report(_ memory: [(minutes: Double, bytes: Double)], _ counts: SoakCounts, _ accounts: SoakAccounts)
        throws
    {
        let late = memory.dropFirst(memory.count / 4)
        let figures = [
            Figure("soak.answers", unit: "1", [Double(counts.answers)]),
            Figure("soak.aborts", unit: "1", [Double(counts.aborts)]),
            Figure("soak.wrong", unit: "1", [Double(counts.wrong)]),
            Figure("soak.identified", unit: "1", [Double(counts.answered.count)]),
            Figure("soak.memory_first", unit: "MB", [(late.first?.bytes ?? 0) / 1e6]),
            Figure("soak.memory_last", unit: "MB", [(late.last?.bytes ?? 0) / 1e6]),
            Figure("soak.slope", unit: "kB/min", [Self.slope(late) / 1e3]),
        ]
        let all = figures + accounts.figures
        for figure in all { print(try figure.line(json: json)) }
        if let problem = accounts.log.problem { print(problem) }
    }

    /// Of the line with the least squares.
    static func slope(_ points: some Collection<(minutes: Double, bytes: Double)>) -> Double {
        let count = Double(points.count)
        let x = points.reduce(0) { $0 + $1.minutes } / count
        let y = points.reduce(0) { $0 + $1.bytes } / count
        let above = points.reduce(0) { $0 + ($1.minutes - x) * ($1.bytes - y) }
        let below = points.reduce(0) { $0 + ($1.minutes - x) * ($1.minutes - x) }
        return below > 0 ? above / below : 0
    }
}
