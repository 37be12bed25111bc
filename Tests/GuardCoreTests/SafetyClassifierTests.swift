import GuardCore
import Testing

@Suite struct SafetyClassifierTests {
    /// The same word to a reader, in two spellings.
    private static let spellings = ["caf\u{E9}", "cafe\u{301}"]

    @Test func `texts are told apart by their bytes`() {
        let inputs = Self.spellings.map { ClassifierInput(role: .user, text: $0) }
        #expect(inputs[0] != inputs[1] && Set(inputs).count == 2)
        let turns = Self.spellings.map { ClassifierInput.Turn(role: .user, text: $0) }
        #expect(turns[0] != turns[1] && Set(turns).count == 2)
        let behind = turns.map { ClassifierInput(role: .user, text: "hello", context: [$0]) }
        #expect(behind[0] != behind[1] && Set(behind).count == 2)
    }

    @Test(arguments: ["", "hello", "caf\u{E9}", "longer than what a string holds in itself: caf\u{E9}"])
    func `texts with the same bytes are the same`(text: String) {
        // Bytes of its own, in another place.
        let copy = String(decoding: Array(text.utf8), as: UTF8.self)
        let inputs = [text, copy].map {
            ClassifierInput(role: .user, text: $0, context: [.init(role: .assistant, text: $0)])
        }
        #expect(inputs[0] == inputs[1] && Set(inputs).count == 1)
        #expect(inputs[0].hashValue == inputs[1].hashValue)
    }

    @Test func `role and context tell texts apart`() {
        let turn = ClassifierInput.Turn(role: .user, text: "a")
        let inputs = [
            ClassifierInput(role: .user, text: "b"), ClassifierInput(role: .assistant, text: "b"),
            ClassifierInput(role: .user, text: "b", context: [turn]),
            ClassifierInput(role: .user, text: "b", context: [turn, turn]),
            ClassifierInput(role: .user, text: "b", context: [.init(role: .tool, text: "a")]),
        ]
        #expect(Set(inputs).count == inputs.count)
    }
}
