import Testing

@testable import Gateway

@Suite struct JudgingRoomTests {
    @Test func whatIsGivenBackCanBeTakenAgain() {
        let room = JudgingRoom(limit: 1 << 20)
        #expect(room.take(600_000))
        #expect(!room.take(600_000))
        #expect(room.take(10_000))
        room.giveBack(600_000)
        #expect(room.take(600_000))
    }

    /// Sessions take room for themselves, however little their callers say.
    @Test func thereIsRoomForANumberOfTheSmallest() {
        let room = JudgingRoom(limit: 1 << 20)
        let taken = (0..<100).count { _ in room.take(1) }
        #expect((1..<50).contains(taken))
    }
}
