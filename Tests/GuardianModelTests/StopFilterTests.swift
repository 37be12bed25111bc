import Testing

@testable import GuardianModel

struct StopFilterTests {
    private func run(_ pieces: [String], stops: [String]) -> (out: [String], isStopped: Bool) {
        var filter = StopFilter(stops)
        var out = pieces.map { filter.append($0) }
        out.append(filter.finish())
        return (out, filter.isStopped)
    }

    @Test func withoutStopsEverythingPassesAtOnce() {
        #expect(run(["a", "bc"], stops: []).out == ["a", "bc", ""])
        #expect(run(["a"], stops: [""]).out == ["a", ""])
    }

    @Test func theTextEndsBeforeTheFirstStop() {
        let (out, isStopped) = run(["Hello END not", " this"], stops: ["END", "lo"])
        #expect(out.joined() == "Hel")
        #expect(isStopped)
    }

    @Test func aStopSplitOverPiecesIsFoundAndNothingOfItLeaks() {
        let (out, isStopped) = run(["one E", "N", "D two"], stops: ["END"])
        #expect(out == ["one ", "", "", ""])
        #expect(isStopped)
    }

    @Test func whatOnlyLookedLikeAStopIsGivenBack() {
        let (out, isStopped) = run(["one E", "N", "X two EN"], stops: ["END"])
        #expect(out.joined() == "one ENX two EN")
        #expect(!isStopped)
    }
}
