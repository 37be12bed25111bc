import Testing

@testable import Rules

@Suite struct LazyDFATests {
    private func candidate(_ pattern: String, _ text: String, from start: Int = 0) throws -> LazyDFA.Candidate? {
        let automaton = LazyDFA(try RegexProgram(RegexParser.parse(pattern, ignoreCase: false)))
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { automaton.scan($0, from: start) }
    }

    @Test func reportsTheEndThatComesFirstAndWhereToLook() throws {
        #expect(try candidate("abcd|bc", "xxxabcd") == .init(windowStart: 3, end: 6))
        #expect(try candidate("a+", "zzzaaa") == .init(windowStart: 3, end: 4))
        #expect(try candidate("abc", "ababab") == nil)
    }

    @Test func startsInTheMiddleWithTheRightContext() throws {
        #expect(try candidate("\\bcat", "xcat", from: 1) == nil)
        #expect(try candidate("\\bcat", " cat", from: 1)?.end == 4)
        #expect(try candidate("\\bcat", "我cat", from: 3)?.end == 6)
        #expect(try candidate("\\bcat", "яcat", from: 2) == nil)
        #expect(try candidate("^a", "aa", from: 1) == nil)
    }

    @Test func survivesItsCacheBeingEmptied() throws {
        // Each subset of the last 15 positions is a state of its own: far more than the cache may hold.
        let pattern = "[ab]*a[ab]{14}c"
        let program = try RegexProgram(RegexParser.parse(pattern, ignoreCase: false))
        let automaton = LazyDFA(program)
        var random = SeededGenerator(seed: 3)
        let text = random.text(of: "ab", length: 120_000...120_000) + "abbbbbbbbbbbbbbc"
        let bytes = Array(text.utf8)
        let found = bytes.withUnsafeBufferPointer { automaton.scan($0, from: 0) }
        #expect(found?.end == bytes.count)
        #expect(automaton.steps < 3 * bytes.count * program.instructions.count)
    }

    @Test func statesOfManyThreadsAreNotKeptWithoutBound() throws {
        // Each x among the last 900 scalars is two threads of a state: all states together would have two million.
        let program = try RegexProgram(RegexParser.parse("x.{0,900}y", ignoreCase: false))
        let automaton = LazyDFA(program)
        var random = SeededGenerator(seed: 5)
        let bytes = Array(("zzx" + random.text(of: "xz", length: 2_500...2_500) + "xyx").utf8)
        let found = bytes.withUnsafeBufferPointer { automaton.scan($0, from: 0) }
        #expect(found == .init(windowStart: 2, end: bytes.count - 1))
        #expect(automaton.threadCount < LazyDFA.threadLimit + 2 * program.instructions.count)
    }
}
