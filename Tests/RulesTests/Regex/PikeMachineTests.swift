import Testing

@testable import Rules

@Suite struct PikeMachineTests {
    private func match(_ pattern: String, _ text: String, from start: Int = 0) throws -> Range<Int>? {
        var machine = PikeMachine(try RegexProgram(RegexParser.parse(pattern, ignoreCase: false)))
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { machine.match($0, from: start) }
    }

    @Test func startsInTheMiddleWithTheRightContext() throws {
        #expect(try match("\\bcat", "xcat", from: 1) == nil)
        #expect(try match("\\bcat", "我cat", from: 3) == 3..<6)
        #expect(try match("\\bcat", "яcat", from: 2) == nil)
    }

    @Test func wordBoundariesStandBesideScriptsThatMarkNoWords() throws {
        #expect(try match("\\b\\d+\\b", "카드4111입니다") == 6..<10)
        #expect(try match("\\d+\\B.", "카드4111입니다") == 6..<10)
    }
}
