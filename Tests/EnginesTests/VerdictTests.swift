import Testing

@testable import Engines

@Suite struct VerdictTests {
    private static let words = [Verdict.Word(text: "safe", harm: 0), Verdict.Word(text: "unsafe", harm: 1)]

    private func completion(
        _ text: String,
        _ positions: [(String, [(String, Double)])] = []
    ) -> Completion {
        Completion(
            text: text,
            positions: positions.map { token, candidates in
                .init(token: token, candidates: candidates.map { .init(text: $0, probability: $1) })
            }
        )
    }

    @Test(arguments: [
        ("safe", 0.0), ("\n\nsafe", 0), ("Unsafe", 1), (" unsafe\nS1,S2", 1), ("\"unsafe\": weapons", 1),
        ("**safe**", 0),
    ])
    func `the word at the beginning decides where there are no probabilities`(text: String, harm: Double) throws {
        #expect(try Verdict(of: completion(text), words: Self.words).harm == harm)
    }

    @Test(arguments: [
        "", " ", "safety first", "I think it is safe", "unsafely", "saf", "not safe", "不", "safe2",
    ])
    func `an answer that begins with anything else says nothing`(text: String) {
        #expect(throws: EngineFailure.unreadable("it says nothing about the text")) {
            try Verdict(of: completion(text), words: Self.words)
        }
    }

    @Test func `probabilities decide where there are some`() throws {
        let verdict = try Verdict(
            of: completion(
                "\n\nsafe",
                [
                    ("\n\n", [("\n\n", 1), ("unsafe", 0.001)]),
                    ("safe", [("safe", 0.6), ("unsafe", 0.2), ("maybe", 0.1)]),
                ]
            ),
            words: Self.words
        )
        #expect(abs(verdict.harm - 0.25) < 1e-9)
        #expect(verdict.word == "safe")
    }

    @Test func `a word in several tokens is known by its beginning`() throws {
        let verdict = try Verdict(
            of: completion("unsafe", [("un", [("un", 0.9), ("s", 0.1)]), ("safe", [("safe", 1)])]),
            words: Self.words
        )
        #expect(abs(verdict.harm - 0.9) < 1e-9)
    }

    @Test func `words that contradict their probabilities are no verdict`() {
        #expect(throws: EngineFailure.contradiction) {
            try Verdict(of: completion("safe", [("safe", [("unsafe", 0.99), ("safe", 0.01)])]), words: Self.words)
        }
        #expect(throws: EngineFailure.contradiction) {
            try Verdict(of: completion("unsafe", [("unsafe", [("safe", 0.99)])]), words: Self.words)
        }
    }

    @Test(arguments: [[("x", 0.9), ("safe", 0.05)], [], [("safe", 0.9), ("unsafe", 0.9)], [("", 1.0)]])
    func `probabilities that say too little or too much are left aside`(candidates: [(String, Double)]) throws {
        let verdict = try Verdict(of: completion("unsafe", [("unsafe", candidates)]), words: Self.words)
        #expect(verdict.harm == 1)
    }

    @Test func `the word behind a marker decides`() throws {
        let words = Self.words + [.init(text: "controversial", harm: 0.5)]
        let text = "Safety: Controversial\nCategories: Violent"
        let positions: [(String, [(String, Double)])] = [
            ("Safety", [("Safety", 1)]), (":", [(":", 1)]),
            (" Contro", [(" Contro", 0.5), (" Safe", 0.25), (" Unsafe", 0.25)]), ("versial", []),
        ]
        let verdict = try Verdict(of: completion(text, positions), words: words, after: "safety:")
        #expect(verdict.word == "controversial" && verdict.harm == 0.5)
        #expect(verdict.rest == "\nCategories: Violent")
        #expect(throws: EngineFailure.self) {
            try Verdict(of: completion("Controversial"), words: words, after: "safety:")
        }
    }
}
