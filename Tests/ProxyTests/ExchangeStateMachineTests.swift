import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct ExchangeStateMachineTests {
    private var machine = ExchangeStateMachine(bodyLimit: 100)

    /// `#expect` cannot call what changes its subject.
    private func expect<Value: Equatable>(
        _ value: Value,
        _ expected: Value,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(value == expected, sourceLocation: sourceLocation)
    }

    @Test mutating func anInspectedRequestIsReadJudgedForwardedAndPassedOn() {
        self.expect(self.machine.begin(.inspect(limit: 50), framing: .length(10), coding: .none), .readBody)
        #expect(self.machine.wantsBody)
        #expect(!self.machine.isStreamingBody)
        self.expect(self.machine.receivedBody(bytes: 10), .gather)
        self.expect(self.machine.receivedEnd(), .judge)
        #expect(!self.machine.wantsBody)
        self.expect(self.machine.requestJudged(forwards: true), .proceed)
        self.expect(self.machine.answered(.pass, isEncoded: false, hasBody: true), .send)
        self.expect(self.machine.answerChunk(bytes: 5), .send(observed: false))
        self.expect(self.machine.answerEnded(), false)
        self.expect(self.machine.finish(), true)
        self.expect(self.machine.finish(), false)
    }

    @Test mutating func aRequestWithoutABodyIsJudgedAtOnce() {
        self.expect(self.machine.begin(.inspect(limit: 50), framing: .none, coding: .none), .judge)
    }

    @Test mutating func aPassedRequestIsStreamed() {
        self.expect(self.machine.begin(.pass, framing: .chunked, coding: .unknown), .forward)
        #expect(self.machine.isStreamingBody)
        self.expect(self.machine.receivedBody(bytes: 100), .send)
        self.expect(self.machine.receivedEnd(), .endUpload)
        #expect(!self.machine.isStreamingBody)
    }

    @Test mutating func theBodyLimitHoldsForWhatIsToldAndForWhatComes() {
        self.expect(
            self.machine.begin(.inspect(limit: 50), framing: .length(51), coding: .none),
            .fail(.bodyTooLarge(limit: 50))
        )
        self.expect(
            self.machine.begin(.inspect(limit: 1000), framing: .length(101), coding: .none),
            .fail(.bodyTooLarge(limit: 100))
        )
        self.expect(
            self.machine.begin(.pass, framing: .length(101), coding: .none),
            .fail(.bodyTooLarge(limit: 100))
        )
        self.expect(self.machine.begin(.inspect(limit: 50), framing: .chunked, coding: .none), .readBody)
        self.expect(self.machine.receivedBody(bytes: 50), .gather)
        self.expect(self.machine.receivedBody(bytes: 1), .fail(.bodyTooLarge(limit: 50)))
        self.expect(self.machine.receivedBody(bytes: .max), .fail(.bodyTooLarge(limit: 50)))
    }

    @Test mutating func anEncodedBodyCannotBeInspected() {
        self.expect(
            self.machine.begin(.inspect(limit: 50), framing: .length(1), coding: .unknown),
            .fail(.unsupportedContentEncoding)
        )
    }

    @Test mutating func aHeldAnswerIsGatheredAndJudged() {
        self.forwarded()
        self.expect(self.machine.answered(.hold(limit: 10), isEncoded: false, hasBody: true), .hold)
        #expect(!self.machine.hasSentHead)
        self.expect(self.machine.answerChunk(bytes: 10), .gather)
        self.expect(self.machine.answerChunk(bytes: 1), .fail(.responseTooLarge(limit: 10)))
        self.expect(self.machine.answerEnded(), true)
        self.expect(self.machine.answerJudged(), .proceed)
        #expect(self.machine.isReplying)
    }

    @Test mutating func anAnswerInAWindowIsJudgedWhileItComes() {
        self.forwarded()
        self.expect(self.machine.answered(.window(limit: 10), isEncoded: false, hasBody: true), .window)
        #expect(!self.machine.hasSentHead)
        self.expect(self.machine.answerJudged(), .proceed)
        #expect(self.machine.isReplying)
        self.expect(self.machine.answerEnded(), false)
        #expect(self.machine.isReplying)
    }

    @Test mutating func anEncodedAnswerCannotBeReadInAWindow() {
        self.forwarded()
        self.expect(
            self.machine.answered(.window(limit: 10), isEncoded: true, hasBody: true),
            .fail(.encodedResponse)
        )
    }

    @Test mutating func anEncodedAnswerCannotBeHeldButCanPass() {
        self.forwarded()
        self.expect(
            self.machine.answered(.hold(limit: 10), isEncoded: true, hasBody: true),
            .fail(.encodedResponse)
        )
        self.expect(self.machine.answered(.observe(limit: 10), isEncoded: true, hasBody: true), .send)
        self.expect(self.machine.answerChunk(bytes: 10), .send(observed: true))
    }

    @Test mutating func anAnswerIsObservedUpToItsLimitAndPassesBeyondIt() {
        self.forwarded()
        self.expect(self.machine.answered(.observe(limit: 10), isEncoded: false, hasBody: true), .send)
        self.expect(self.machine.answerChunk(bytes: 6), .send(observed: true))
        self.expect(self.machine.answerChunk(bytes: 5), .stopObserving)
        self.expect(self.machine.answerChunk(bytes: 1), .send(observed: false))
        self.expect(self.machine.answerEnded(), false)
    }

    @Test mutating func anAnswerThatThereIsNoRoomForPassesUnobserved() {
        self.forwarded()
        self.machine.stopObserving()
        self.expect(self.machine.answered(.observe(limit: 10), isEncoded: false, hasBody: true), .send)
        self.expect(self.machine.answerChunk(bytes: 1), .send(observed: true))
        self.machine.stopObserving()
        self.expect(self.machine.answerChunk(bytes: 1), .send(observed: false))
        self.expect(self.machine.answerEnded(), false)
    }

    @Test mutating func thereIsNothingToHoldInAnAnswerWithoutABody() {
        self.forwarded()
        self.expect(self.machine.answered(.hold(limit: 10), isEncoded: true, hasBody: false), .send)
    }

    @Test mutating func aSecondHeadIsIgnored() {
        self.forwarded()
        self.expect(self.machine.answered(.pass, isEncoded: false, hasBody: true), .send)
        self.expect(self.machine.answered(.pass, isEncoded: false, hasBody: true), .ignore)
    }

    @Test mutating func aFailureBeforeTheHeadIsToldAndOneAfterItIsShown() {
        self.forwarded()
        self.expect(self.machine.fail(), .reply)
        self.machine.sendingHead()
        self.expect(self.machine.fail(), .truncate)
        self.expect(self.machine.fail(), .ignore)
    }

    @Test mutating func aClientThatLeavesWhileTheFilterThinksIsWaitedFor() {
        self.expect(self.machine.begin(.inspect(limit: 50), framing: .none, coding: .none), .judge)
        self.expect(self.machine.leave(), .cancelTask)
        self.expect(self.machine.leave(), .ignore)
        self.expect(self.machine.fail(), .ignore)
        self.expect(self.machine.requestJudged(forwards: true), .close)
        self.expect(self.machine.answered(.pass, isEncoded: false, hasBody: true), .ignore)
    }

    @Test mutating func aClientThatLeavesOtherwiseEndsTheExchange() {
        self.forwarded()
        self.expect(self.machine.leave(), .close)
        self.expect(self.machine.answerChunk(bytes: 1), .ignore)
        self.expect(self.machine.answerEnded(), false)
        self.expect(self.machine.receivedBody(bytes: 1), .discard)
        self.expect(self.machine.receivedEnd(), .none)
        self.expect(self.machine.finish(), false)
    }

    /// Any order of events is survived: what the peers do is not ours to choose.
    @Test func noSequenceOfEventsTraps() {
        var generator = SplitMix(seed: 7)
        for _ in 0..<20_000 {
            var machine = ExchangeStateMachine(bodyLimit: 100)
            for _ in 0..<12 {
                switch Int.random(in: 0..<14, using: &generator) {
                case 0: _ = machine.begin(.inspect(limit: 50), framing: .chunked, coding: .none)
                case 1: _ = machine.begin(.pass, framing: .length(3), coding: .none)
                case 2: _ = machine.begin(.reply, framing: .none, coding: .none)
                case 3: _ = machine.receivedBody(bytes: Int.random(in: 0...200, using: &generator))
                case 4: _ = machine.receivedEnd()
                case 5: _ = machine.requestJudged(forwards: Bool.random(using: &generator))
                case 6: _ = machine.answered(.pass, isEncoded: false, hasBody: true)
                case 7: _ = machine.answered(.hold(limit: 20), isEncoded: false, hasBody: true)
                case 8: _ = machine.answerChunk(bytes: Int.random(in: 0...200, using: &generator))
                case 9: _ = machine.answerEnded()
                case 10: _ = machine.answerJudged()
                case 11: _ = machine.fail()
                case 12: _ = machine.leave()
                default: _ = machine.finish()
                }
            }
        }
    }

    private mutating func forwarded() {
        self.expect(self.machine.begin(.inspect(limit: 50), framing: .none, coding: .none), .judge)
        self.expect(self.machine.requestJudged(forwards: true), .proceed)
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
