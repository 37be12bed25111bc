import Testing

@testable import GuardianModel

struct TextWindowsTests {
    @Test func shortTextsAreOneWindow() {
        #expect(TextWindows.ranges(count: 0, size: 10, overlap: 3).isEmpty)
        #expect(TextWindows.ranges(count: 1, size: 10, overlap: 3) == [0..<1])
        #expect(TextWindows.ranges(count: 10, size: 10, overlap: 3) == [0..<10])
    }

    @Test func longTextsOverlapAndTheLastWindowIsWhole() {
        #expect(TextWindows.ranges(count: 11, size: 10, overlap: 3) == [0..<10, 1..<11])
        #expect(TextWindows.ranges(count: 24, size: 10, overlap: 3) == [0..<10, 7..<17, 14..<24])
    }

    @Test func everyStretchOfTheOverlapLiesWholeInSomeWindow() {
        for count in 1...120 {
            let ranges = TextWindows.ranges(count: count, size: 16, overlap: 5)
            #expect(ranges.allSatisfy { $0.count <= 16 })
            for start in 0...max(0, count - 5) {
                let stretch = start..<min(count, start + 5)
                #expect(ranges.contains { $0.clamped(to: stretch) == stretch })
            }
        }
    }
}
