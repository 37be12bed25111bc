import PolicyLanguage
import Testing

@Suite struct SourceTextTests {
    private let valid = Array(policyText().utf8)

    @Test func aByteOrderMarkIsPassedOver() {
        #expect(errors(in: [0xEF, 0xBB, 0xBF] + valid) == [])
        #expect(errors(in: [0xEF, 0xBB, 0xBF] + Array("nam: x".utf8)).first == "1:1: unknown key 'nam' in a policy")
    }

    @Test(arguments: [[0xFE, 0xFF, 0x00, 0x76], [0xFF, 0xFE, 0x76, 0x00]] as [[UInt8]])
    func utf16IsRefusedByName(bytes: [UInt8]) {
        #expect(errors(in: bytes) == ["the file is not UTF-8 but looks like UTF-16"])
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF],
        ] as [[UInt8]]
    )
    func bytesThatAreNotUTF8AreRefusedWhereTheyStand(bytes: [UInt8]) {
        #expect(errors(in: Array("a: 1\nbé: ".utf8) + bytes + Array("\n".utf8)) == ["2:5: this is not UTF-8"])
    }

    @Test(arguments: [(0x00, "0000"), (0x07, "0007"), (0x1B, "001B"), (0x7F, "007F"), (0x9B, "009B"), (0xFFFE, "FFFE")])
    func controlCharactersAreRefused(value: UInt32, code: String) throws {
        let scalar = try #require(Unicode.Scalar(value))
        #expect(errors(in: "a: 1\r\nb: \(scalar)") == ["2:4: the control character U+\(code) is not allowed"])
    }

    @Test func linesAreCountedAsTheParserCountsThem() {
        let text = "version: 1\r\nname: test\rinput: ignore\u{2028}output: ignore\u{85}x: 1\n"
        #expect(errors(in: text) == ["5:1: unknown key 'x' in a policy"])
    }

    @Test func aFileOverTheLimitIsRefusedWhole() {
        var limits = YAMLLimits()
        limits.bytes = valid.count
        let limited = PolicyLoader(limits: limits) { _, _ in nil }
        #expect(throws: Never.self) { try limited.load(bytes: valid, file: "test.yaml") }
        do throws(PolicyError) {
            _ = try limited.load(bytes: valid + [0x0A], file: "test.yaml")
            Issue.record("was loaded")
        } catch {
            #expect(error.diagnostics.map(\.message) == ["the file has more than \(valid.count) bytes"])
        }
    }

    @Test func moreThanAHundredErrorsAreCounted() {
        let keys = (0..<150).map { "k\($0): 1" }.joined(separator: "\n")
        let found = diagnostics(of: policyText() + keys)
        #expect(found.count == 101)
        #expect(found.last?.message == "and 50 more errors")
    }
}
