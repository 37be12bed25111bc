import Testing

@testable import Audit

@Suite struct CounterTests {
    @Test func countsFromZero() {
        let metrics = Metrics()
        let counter = metrics.counter("a_total", help: "A.")
        #expect(metrics.exposition().contains("\na_total 0\n"))
        counter.increment()
        counter.increment(by: 4)
        #expect(counter.value() == 5)
        #expect(counter.value(["no such series"]) == 0)
    }
}
