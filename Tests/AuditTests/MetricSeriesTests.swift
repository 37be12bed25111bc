import Testing

@testable import Audit

@Suite struct MetricSeriesTests {
    @Test func seriesAreBoundedAndNothingIsLost() {
        let counter = Metrics().counter("a_total", help: "A.", labels: ["model"])
        for number in 0..<(Metrics.seriesLimit + 500) { counter.increment(["model-\(number)"]) }
        #expect(counter.value(["model-0"]) == 1)
        #expect(counter.value([Metrics.overflowLabel]) == 500)
        counter.increment(["model-0"])
        #expect(counter.value(["model-0"]) == 2)
    }

    @Test func aWrongNumberOfLabelsIsMendedNotFatal() {
        let counter = Metrics().counter("a_total", help: "A.", labels: ["x", "y"])
        counter.increment(["1"])
        counter.increment(["1", "2", "3"])
        #expect(counter.value(["1", ""]) == 1)
        #expect(counter.value(["1", "2"]) == 1)
    }

    @Test func manyThreadsLoseNoCount() async {
        let counter = Metrics().counter("a_total", help: "A.", labels: ["x"])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for _ in 0..<500 { counter.increment(["\(task % 2)"]) } }
            }
        }
        #expect(counter.value(["0"]) == 2000)
        #expect(counter.value(["1"]) == 2000)
    }
}
