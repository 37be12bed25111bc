import Testing

@testable import Tracing

@Suite struct RandomWordsTests {
    @Test func `no number comes twice, and every bit is sometimes set and sometimes not`() {
        var seen = Set<UInt64>()
        var (ever, always): (UInt64, UInt64) = (0, .max)
        for _ in 0..<10_000 {
            let (first, second) = RandomWords.pair()
            for word in [first, second] {
                seen.insert(word)
                ever |= word
                always &= word
            }
        }
        #expect(seen.count == 20_000 && ever == .max && always == 0)
    }

    @Test func `threads do not get each other's`() async {
        let names = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<1000).map { _ in RandomWords.pair().0 } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(names).count == 8000)
    }
}
