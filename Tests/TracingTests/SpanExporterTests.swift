import SwiftProtobuf
import Synchronization
import Testing

@testable import Tracing

@Suite(.timeLimit(.minutes(2))) struct SpanExporterTests {
    /// A collector that answers as it is told, and remembers what it got and how long it was waited for.
    private final class Collector: Sendable {
        /// The names of each batch's spans.
        let batches = Mutex<[[String]]>([])
        let answers: Mutex<[Delivery]>
        let pauses = Mutex<[Duration]>([])

        init(_ answers: Delivery...) { self.answers = Mutex(answers) }

        func take(_ spans: [SpanBatch]) -> Delivery {
            batches.withLock { $0.append(spans.flatMap(\.names)) }
            return answers.withLock { $0.isEmpty ? .taken(rejected: 0) : $0.removeFirst() }
        }
    }

    private func spans(_ names: String...) -> SpanBatch {
        var batch = SpanBatch()
        for name in names { batch.add(Span(traceID: .random(), parent: nil, name: name, start: 1, end: 2)) }
        return batch
    }

    /// The interval never ends here unless a test says so: what is sent is sent because a batch is full or at the end.
    private func exporter(
        _ collector: Collector,
        _ change: (inout SpanExporter.Settings) -> Void = { _ in }
    ) -> SpanExporter {
        var settings = SpanExporter.Settings()
        settings.interval = .seconds(86_400)
        change(&settings)
        let interval = settings.interval
        return SpanExporter(
            settings,
            pause: { duration in
                guard duration == interval else { return collector.pauses.withLock { $0.append(duration) } }
                try? await Task.sleep(for: duration)
            },
            send: { collector.take($0) }
        )
    }

    @Test func `spans go in batches, the rest at the end`() async {
        let collector = Collector()
        let exporter = exporter(collector) { $0.batch = 3 }
        for number in 0..<7 { exporter.record(spans("\(number)")) }
        exporter.close()
        await exporter.run()
        #expect(
            collector.batches.withLock { $0 } == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
        )
        #expect(exporter.statistics == .init(exported: 7))
    }

    @Test func `a full batch is sent at once, fewer spans after the interval`() async throws {
        let collector = Collector()
        let full = exporter(collector) { $0.batch = 2 }
        let task = Task { await full.run() }
        full.record(spans("a", "b"))
        try await eventually { full.statistics.exported == 2 }
        full.record(spans("a"))
        #expect(full.statistics.queued == 1)
        full.close()
        await task.value
        #expect(full.statistics.exported == 3)

        let timed = exporter(collector) { $0.interval = .milliseconds(1) }
        let other = Task { await timed.run() }
        timed.record(spans("a"))
        try await eventually { timed.statistics.exported == 1 }
        timed.close()
        await other.value
    }

    @Test func `an exchange's spans go together, and what is left of a batch waits for more`() async throws {
        let collector = Collector()
        let exporter = exporter(collector) { $0.batch = 3 }
        let task = Task { await exporter.run() }
        exporter.record(spans("a", "b"))
        exporter.record(spans("c", "d"))
        try await eventually { exporter.statistics.exported == 2 }
        #expect(collector.batches.withLock { $0 } == [["a", "b"]])
        #expect(exporter.statistics.queued == 2)
        // More than a batch, and of one exchange.
        exporter.record(spans("e", "f", "g", "h"))
        try await eventually { exporter.statistics.exported == 8 }
        exporter.close()
        await task.value
        #expect(
            collector.batches.withLock { $0 } == [
                ["a", "b"], ["c", "d"], ["e", "f", "g", "h"],
            ]
        )
    }

    @Test func `what the queue cannot take is dropped and counted, an exchange's spans together`() async {
        let exporter = exporter(Collector()) { $0.capacity = 3 }
        exporter.record(spans("a", "b"))
        exporter.record(spans("a", "b"))
        exporter.record(spans("a"))
        #expect(exporter.statistics == .init(dropped: 2, queued: 3))
        exporter.close()
        exporter.record(spans("a"))
        await exporter.run()
        #expect(exporter.statistics == .init(exported: 3, dropped: 3))
    }

    @Test func `a collector that is away is asked again, later each time, and no less than it asks for`() async throws {
        let collector = Collector(
            .postponed(after: nil),
            .postponed(after: nil),
            .postponed(after: .seconds(20)),
            .postponed(after: .seconds(900))
        )
        let exporter = exporter(collector) { $0.batch = 1 }
        let task = Task { await exporter.run() }
        exporter.record(spans("a"))
        try await eventually { exporter.statistics.exported == 1 }
        exporter.close()
        await task.value
        let pauses = collector.pauses.withLock { $0 }
        #expect(pauses.count == 4 && collector.batches.withLock { $0.count } == 5)
        #expect((.milliseconds(500)) <= pauses[0] && pauses[0] <= .seconds(1))
        #expect(.seconds(1) <= pauses[1] && pauses[1] <= .seconds(2))
        #expect(pauses[2] == .seconds(20) && pauses[3] == .seconds(30))
    }

    @Test func `a batch that cannot be delivered is given up, and the next one sent`() async throws {
        let collector = Collector(.postponed(after: nil), .postponed(after: nil), .refused)
        let exporter = exporter(collector) {
            $0.batch = 1
            $0.attempts = 2
        }
        let task = Task { await exporter.run() }
        for name in ["a", "b", "c"] { exporter.record(spans(name)) }
        try await eventually { exporter.statistics == .init(exported: 1, failed: 2) }
        #expect(collector.batches.withLock { $0 } == [["a"], ["a"], ["b"], ["c"]])
        exporter.close()
        await task.value
    }

    @Test func `spans that the collector rejects are counted, no more than were sent`() async {
        let exporter = exporter(Collector(.taken(rejected: 1), .taken(rejected: 99))) { $0.batch = 3 }
        for _ in 0..<6 { exporter.record(spans("a")) }
        exporter.close()
        await exporter.run()
        #expect(exporter.statistics == .init(exported: 2, failed: 4))
    }

    @Test func `at the end nothing is sent where nothing waits`() async {
        let collector = Collector()
        let exporter = exporter(collector)
        exporter.close()
        await exporter.run()
        #expect(collector.batches.withLock { $0.isEmpty } && exporter.statistics == .init())
    }

    @Test func `at the end nothing is tried twice`() async {
        let collector = Collector(.postponed(after: nil))
        let exporter = exporter(collector)
        exporter.record(spans("a"))
        exporter.close()
        await exporter.run()
        #expect(exporter.statistics == .init(failed: 1) && collector.pauses.withLock { $0.isEmpty })
    }
}

extension SpanBatch {
    /// Of its spans, as they are read back.
    fileprivate var names: [String] {
        (try? Otlp_ScopeSpans(serializedBytes: writer.bytes).spans.map(\.name)) ?? ["unreadable"]
    }
}

/// Waits until something is so; fails after a minute.
private func eventually(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let limit = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < limit else {
            Issue.record("it never came to be", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}
