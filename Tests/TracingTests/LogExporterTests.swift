import Synchronization
import Testing

@testable import Tracing

@Suite(.timeLimit(.minutes(2))) struct LogExporterTests {
    /// A collector that answers as it is told; when it has nothing more to say, it takes everything.
    private final class Collector: Sendable {
        let answers: Mutex<[Delivery]>
        let batches = Mutex<[Int]>([])
        let pauses = Mutex<[Duration]>([])

        init(_ answers: Delivery...) { self.answers = Mutex(answers) }

        func take(_ lines: [LogLine]) -> Delivery {
            batches.withLock { $0.append(lines.count) }
            return answers.withLock { $0.isEmpty ? .taken(rejected: 0) : $0.removeFirst() }
        }

        func exporter() -> LogExporter {
            LogExporter(pause: { pause in self.pauses.withLock { $0.append(pause) } }, send: { self.take($0) })
        }
    }

    private let lines = [LogLine(time: 1, event: "a", text: "{}"), LogLine(time: 2, event: "b", text: "{}")]

    @Test func `a collector that is away is asked until it is back, later each time and no less than it asks for`() {
        let collector = Collector(.postponed(after: nil), .postponed(after: nil), .postponed(after: .seconds(900)))
        #expect(collector.exporter().deliver(lines))
        let pauses = collector.pauses.withLock { $0 }
        #expect(collector.batches.withLock { $0 } == [2, 2, 2, 2] && pauses.count == 3)
        #expect(.milliseconds(500) <= pauses[0] && pauses[0] <= .seconds(1))
        #expect(.seconds(1) <= pauses[1] && pauses[1] <= .seconds(2) && pauses[2] == .seconds(30))
    }

    @Test func `what is refused is not sent again, and the next batch is`() {
        let collector = Collector(.refused)
        let exporter = collector.exporter()
        #expect(!exporter.deliver(lines))
        #expect(exporter.deliver(lines))
        #expect(collector.batches.withLock { $0.count } == 2 && collector.pauses.withLock { $0.isEmpty })
    }

    @Test func `whether a batch is refused for good is said until the next`() {
        let collector = Collector(.refused, .unacceptable)
        let exporter = collector.exporter()
        #expect(!exporter.deliver(lines) && !exporter.refusesForGood)
        #expect(!exporter.deliver(lines) && exporter.refusesForGood)
        #expect(exporter.deliver(lines) && !exporter.refusesForGood)
        #expect(collector.batches.withLock { $0.count } == 3 && collector.pauses.withLock { $0.isEmpty })
    }

    @Test func `lines that the collector rejects are counted once, and no more than were sent`() {
        let exporter = Collector(.taken(rejected: 1), .taken(rejected: 99)).exporter()
        #expect(exporter.deliver(lines) && exporter.takeRejected() == 1)
        #expect(exporter.deliver(lines) && exporter.takeRejected() == 2)
        #expect(exporter.takeRejected() == 0)
    }

    @Test func `at the end each batch is tried once, and none after one that failed`() {
        let collector = Collector(.taken(rejected: 0), .postponed(after: nil))
        let exporter = collector.exporter()
        exporter.hurry()
        #expect(exporter.deliver(lines))
        #expect(!exporter.deliver(lines))
        #expect(!exporter.deliver(lines))
        #expect(collector.batches.withLock { $0.count } == 2 && collector.pauses.withLock { $0.isEmpty })
    }

    @Test func `the end cuts a pause short`() async {
        let collector = Collector(.postponed(after: .seconds(3600)), .postponed(after: nil))
        let exporter = LogExporter { collector.take($0) }
        let lines = lines
        let delivery = Task.detached { exporter.deliver(lines) }
        while collector.batches.withLock({ $0.isEmpty }) { await Task.yield() }
        exporter.hurry()
        #expect(await delivery.value == false)
    }
}
