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

extension CounterTests {
    @Test func takesOverATotalAndNeverGoesBack() {
        let counter = Metrics().counter("a_total", help: "A.", labels: ["x"])
        counter.advance(to: 5, ["1"])
        counter.advance(to: 3, ["1"])
        counter.advance(to: -1, ["2"])
        #expect(counter.value(["1"]) == 5 && counter.value(["2"]) == 0)
    }
}
