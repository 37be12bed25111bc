import Audit
import Testing

@testable import DecisionStore

@Suite struct LateEntriesTests {
    private static func entry(_ id: String, at seconds: Int64 = 0) -> DecisionStore.Entry {
        DecisionStore.Entry(.sample(id, at: seconds), body: Array(id.utf8))
    }

    @Test func theFirstGoFirstAndAreCounted() {
        var late = LateEntries()
        #expect(late.removeFirst() == nil)
        var expected: [String] = []
        var found: [String] = []
        for number in 0..<100 {
            late.append(Self.entry("r\(number)"))
            expected.append("r\(number)")
            if number.isMultiple(of: 3), let entry = late.removeFirst() { found.append(entry.record.requestID) }
            #expect(late.count == number + 1 - found.count)
            #expect(late.bytes == expected.dropFirst(found.count).reduce(0) { $0 + $1.utf8.count })
        }
        while let entry = late.removeFirst() { found.append(entry.record.requestID) }
        #expect(found == expected)
        #expect(late.count == 0 && late.bytes == 0)
    }

    @Test func onlyWhatIsOlderGoes() {
        var late = LateEntries()
        for (id, time) in [("a", 1), ("b", 2), ("c", 3)] { late.append(Self.entry(id, at: Int64(time))) }
        late.remove(before: 2_000)
        #expect(late.removeFirst()?.record.requestID == "b")
        late.remove(before: 10_000)
        #expect(late.count == 0 && late.bytes == 0)
    }
}
