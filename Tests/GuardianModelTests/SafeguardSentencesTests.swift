import Foundation
import GuardCore
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct SafeguardSentencesTests {
    private typealias Subject = SafeguardSentences.Subject

    private func shipped() throws -> [String: [Subject]] {
        try JSONDecoder().decode(
            [String: [Subject]].self,
            from: Loaded.contents("\(Loaded.folder)/safeguard-sentences.json")
        )
    }

    private func fault(_ change: (inout [String: [Subject]]) -> Void, longest: Int = 128) throws
        -> SafeguardSentences.Fault?
    {
        let tokenizer = try Loaded.model().tokenizer
        var subjects = try shipped()
        change(&subjects)
        do throws(SafeguardSentences.Fault) {
            _ = try SafeguardSentences(subjects, tokenizer, longest: longest)
        } catch {
            return error
        }
        return nil
    }

    /// Whatever the model chooses is a subject's name with one of its refusals and one of its ways, and passes the checks.
    @Test(arguments: HarmCategory.allCases)
    func everyTextThatCanBeWrittenMayBeSent(category: HarmCategory) throws {
        let model = try Loaded.model()
        let subjects = try #require(try shipped()[category.rawValue])
        let automaton = try #require(model.sentences.automaton(for: category))
        for subject in subjects {
            for refusal in subject.refusals {
                for way in subject.ways {
                    let text = "\(subject.name)\n\(refusal) \(way)"
                    var state = TokenAutomaton.start
                    for token in model.tokenizer.encode(text) {
                        state = try #require(automaton.target(of: token, from: state), "\(text)")
                    }
                    #expect(state == TokenAutomaton.end)
                    let parts = try #require(SafeguardSentences.parts(of: text))
                    #expect(parts.subject == subject.name)
                    let accepted = try model.acceptance.accept(parts.response, category: category, isCapped: false)
                    #expect(accepted == "\(refusal) \(way)")
                }
            }
        }
        #expect(automaton.longest <= model.safeguard.maxTokens)
    }

    @Test func nothingElseCanBeWritten() throws {
        let model = try Loaded.model()
        let automaton = try #require(model.sentences.automaton(for: .hate))
        let subjects = try #require(try shipped()[HarmCategory.hate.rawValue])
        // A refusal of one subject leads to the ways of no other.
        let (one, other) = (subjects[0], subjects[1])
        var state = TokenAutomaton.start
        for token in model.tokenizer.encode("\(one.name)\n\(one.refusals[0])") {
            state = try #require(automaton.target(of: token, from: state))
        }
        var reached: TokenAutomaton.State? = state
        for token in model.tokenizer.encode(" \(other.ways[0])") {
            reached = reached.flatMap { automaton.target(of: token, from: $0) }
        }
        #expect(reached == nil)
    }

    @Test func whatIsShippedHasNoFault() throws {
        #expect(try fault { _ in } == nil)
    }

    @Test func faultsAreNamed() throws {
        #expect(try fault { $0["hate"] = nil } == .missing(.hate))
        #expect(try fault { $0["hate"] = [] } == .missing(.hate))
        #expect(try fault { $0["hate"]?[0].ways = [] } == .empty(.hate, subject: try shipped()["hate"]?[0].name ?? ""))
        #expect(try fault { $0["privacy"]?[2].name = "" } == .empty(.privacy, subject: ""))
        #expect(
            try fault { $0["weapons"]?[0] = Subject(name: "a", refusals: ["No.", "No. Never."], ways: ["Ask."]) }
                == .ambiguous(.weapons, subject: "a")
        )
        #expect(
            try fault { $0["weapons"]?[0] = Subject(name: "a", refusals: ["No.", ""], ways: ["Ask."]) }
                == .ambiguous(.weapons, subject: "a")
        )
        let long = String(repeating: "word ", count: 140) + "."
        guard case .tooLong(.weapons, let tokens) = try fault({ $0["weapons"]?[0].ways = [long] }) else {
            Issue.record("a text over the limit was taken")
            return
        }
        #expect(tokens > 140)
    }

    @Test func aTextWithoutASubjectHasNoParts() {
        #expect(SafeguardSentences.parts(of: "no line") == nil)
        #expect(SafeguardSentences.parts(of: "name\nI won't.\nEver.")?.response == "I won't.\nEver.")
    }
}
