import Testing

@testable import Gateway

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test func aMinutesWorthIsThereAtTheBeginningAndNoMore() {
        var bucket = TokenBucket(limit: 60, at: start)
        #expect(bucket.remaining == 60 && bucket.isFull)
        bucket.refill(at: start + .seconds(600))
        #expect(bucket.remaining == 60)
        #expect(bucket.untilFull == .zero)
    }

    @Test func itFillsSteadily() {
        var bucket = TokenBucket(limit: 60, at: start)
        for _ in 0..<60 { bucket.take(1) }
        #expect(bucket.remaining == 0)
        #expect(bucket.wait(for: 1) == .seconds(1))
        #expect(bucket.wait(for: 30) == .seconds(30))
        bucket.refill(at: start + .seconds(15))
        #expect(bucket.remaining == 15)
        #expect(bucket.wait(for: 15) == .zero)
        #expect(bucket.untilFull == .seconds(45))
    }

    @Test func whatWasUsedBeyondItIsOwed() {
        var bucket = TokenBucket(limit: 60, at: start)
        bucket.take(120)
        #expect(bucket.remaining == 0)
        #expect(bucket.wait(for: 1) == .seconds(61))
        bucket.take(-500)
        #expect(bucket.remaining == 60)
    }

    @Test(arguments: [3600, Int.max]) func noMoreIsOwedThanAnHoursWorth(amount: Int) {
        var bucket = TokenBucket(limit: 60, at: start)
        for _ in 0..<3 { bucket.take(amount) }
        #expect(bucket.remaining == 0)
        #expect(bucket.wait(for: 60) == .seconds(61 * 60))
        #expect(bucket.untilFull == .seconds(61 * 60))
        bucket.take(.min)
        #expect(bucket.remaining == 60)
    }

    @Test func moreThanThereEverIsWaitsUntilItIsFull() {
        var bucket = TokenBucket(limit: 60, at: start)
        #expect(bucket.wait(for: 1_000_000) == .zero)
        bucket.take(1)
        #expect(bucket.wait(for: 1_000_000) == .seconds(1))
    }

    @Test func aClockThatGoesBackGivesNothing() {
        var bucket = TokenBucket(limit: 60, at: start)
        bucket.take(60)
        bucket.refill(at: start - .seconds(60))
        #expect(bucket.remaining == 0)
    }
}
