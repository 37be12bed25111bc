import GuardCore
import Testing

@testable import Guard

@Suite struct ConversationTests {
    private static func conversation(_ turns: [(Role, Int?, String)]) -> Conversation {
        let segments = turns.map { TextSegment(path: "", role: $0.0, turn: $0.1, text: $0.2) }
        return Conversation(TurnText.grouping(segments), segments)
    }

    @Test func aSingleTurnHasNothingBeforeIt() {
        #expect(Self.conversation([(.user, 0, "a")]).lastTurn == nil)
        #expect(Self.conversation([]).lastTurn == nil)
    }

    @Test func instructionsAndStringsOfNoTurnAreNotPartOfIt() throws {
        let last = try #require(
            Self.conversation([
                (.system, 0, "s"), (.user, 1, "a"), (.context, nil, "c"), (.assistant, 2, "b"), (.user, 3, "d"),
            ]).lastTurn
        )
        #expect(last.input.text == "d")
        #expect(last.input.context == [.init(role: .user, text: "a"), .init(role: .assistant, text: "b")])
        #expect(last.index == 4)
    }

    @Test func partsOfATurnAreJoined() throws {
        let last = try #require(Self.conversation([(.user, 0, "a"), (.user, 0, "b"), (.tool, 1, "c")]).lastTurn)
        #expect(last.input == ClassifierInput(role: .tool, text: "c", context: [.init(role: .user, text: "a\nb")]))
    }

    @Test func aPrefilledAnswerIsNoTurnToJudge() {
        #expect(Self.conversation([(.user, 0, "a"), (.assistant, 1, "b")]).lastTurn == nil)
    }

    @Test func aPrefilledAnswerHidesNoTurn() throws {
        let last = try #require(
            Self.conversation([
                (.user, 0, "a"), (.assistant, 1, "b"), (.user, 2, "c"), (.assistant, 3, " "), (.assistant, 4, "d"),
            ]).lastTurn
        )
        #expect(last.index == 2)
        let before = [ClassifierInput.Turn(role: .user, text: "a"), .init(role: .assistant, text: "b")]
        #expect(last.input == ClassifierInput(role: .user, text: "c", context: before))
    }

    @Test func aTurnBeforeAPrefilledAnswerIsReadBehindWhatWasSaidEarlier() throws {
        let segments = [
            TextSegment(path: "", role: .user, turn: 0, text: "b"),
            TextSegment(path: "", role: .assistant, turn: 1, text: "c"),
        ]
        let earlier = [ClassifierInput.Turn(role: .user, text: "a")]
        let last = try #require(Conversation(TurnText.grouping(segments), segments, after: earlier).lastTurn)
        #expect(last.input == ClassifierInput(role: .user, text: "b", context: earlier))
    }
}
