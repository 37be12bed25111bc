import Testing

@testable import Rules

@Suite struct FirstBytesTests {
    private func first(_ pattern: String) throws -> String? {
        let table = FirstBytes(of: try RegexProgram(RegexParser.parse(pattern, ignoreCase: false))).table
        return table.map { table in
            String(decoding: (0..<0x80).filter { table[$0] }.map { UInt8($0) }, as: UTF8.self)
        }
    }

    @Test func holdsWhatAMatchCanBeginWith() throws {
        #expect(try first("cat|dog") == "cd")
        #expect(try first("\\b[0-3]x") == "0123")
        #expect(try first("a?b*c") == "abc")
        #expect(try first("(?i)k") == "Kk")
    }

    @Test func isNoHelpWhereAnythingCanBeginAMatch() throws {
        #expect(try first(".x") == nil)
        #expect(try first("\\w+@") == nil)
        #expect(try first("a?") == nil)
    }

    /// Skipping to where a match can begin loses none: a match begins with one of the bytes.
    @Test func everyMatchBeginsWithOneOfThem() throws {
        var generator = PatternGenerator(random: SeededGenerator(seed: 77))
        var checked = 0
        for _ in 0..<400 {
            guard let regex = try? LinearRegex(generator.pattern()), let table = FirstBytes(of: regex.program).table
            else { continue }
            for _ in 0..<5 {
                let bytes = Array(generator.text().utf8)
                let found = bytes.withUnsafeBufferPointer { buffer in
                    (0..<buffer.count).compactMap { start in
                        var machine = PikeMachine(regex.program)
                        return machine.match(buffer, from: start)?.lowerBound
                    }
                }
                for start in found {
                    #expect(table[Int(bytes[start])])
                    checked += 1
                }
            }
        }
        #expect(checked > 50)
    }
}
