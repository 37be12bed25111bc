import Testing

@testable import Transformer

struct PrefixCacheTests {
    private var pool = PagePool(count: 12)
    private var cache = PrefixCache()

    private func tokens(_ count: Int, seed: Int32 = 0) -> [Int32] { (0..<Int32(count)).map { $0 * 7 + seed } }

    private mutating func page() throws -> Int {
        let page = pool.take()
        return try #require(page)
    }

    private mutating func evict() -> Bool { cache.evict(from: &pool) }

    /// Pages of a sequence that has ended with all its tokens computed.
    @discardableResult
    private mutating func leave(_ tokens: [Int32], upper: Int = 0) throws -> [Int] {
        var pages = try (0..<PageLayout.pages(for: tokens.count)).map { _ in try page() }
        cache.insert(tokens, pages: &pages, lower: tokens.count, upper: upper, isEnded: true, into: &pool)
        for page in pages { pool.release(page) }
        return pages
    }

    private mutating func release(_ match: PrefixCache.Match) {
        for page in match.pages { pool.release(page) }
    }

    @Test mutating func fullPagesAreSharedInPlace() throws {
        let text = tokens(70)
        let pages = try leave(text)
        let first = cache.take(Array(text.prefix(66)) + [1, 2, 3], from: &pool)
        let second = cache.take(Array(text.prefix(64)), from: &pool)
        #expect(first == PrefixCache.Match(pages: Array(pages.prefix(2)), lower: 64, upper: 0))
        #expect(second == first)
        #expect(pool.holders(of: pages[0]) == 3)
    }

    @Test mutating func aTailIsLentToOne() throws {
        let text = tokens(45)
        let pages = try leave(text, upper: 45)
        let first = cache.take(text + [9, 9], from: &pool)
        #expect(first == PrefixCache.Match(pages: pages, lower: 45, upper: 45))
        let second = cache.take(text + [9, 9], from: &pool)
        #expect(second.lower == 32)
        #expect(second.part == nil)
        release(first)
        release(second)
        // Whoever had it did not give it back.
        #expect(cache.matchedTokens(text) == 32)
        #expect(pool.freeCount == 11)
    }

    @Test mutating func whatGoesOnDifferentlyIsFoundInStepsOfEight() throws {
        let text = tokens(64)
        let pages = try leave(text, upper: 44)
        for (same, found) in [(39, 0), (40, 8), (47, 8), (48, 16), (63, 24)] {
            let other = Array(text.prefix(same)) + [-1, -2, -3]
            #expect(cache.matchedTokens(other) == 32 + found)
            let match = cache.take(other, from: &pool)
            #expect(match.lower == 32)
            #expect(match.pages == [pages[0]])
            #expect(
                match.part
                    == (found == 0 ? nil : PrefixCache.Part(page: pages[1], tokens: found, upper: min(found, 12)))
            )
            release(match)
            if let part = match.part { pool.release(part.page) }
        }
        #expect(pool.freeCount == 10)
    }

    @Test mutating func aPartOfATailIsFoundAndTheTailStaysWhereItIs() throws {
        let text = tokens(20)
        let pages = try leave(text)
        let match = cache.take(Array(text.prefix(18)) + [-1], from: &pool)
        #expect(match == PrefixCache.Match(part: PrefixCache.Part(page: pages[0], tokens: 16, upper: 0)))
        // Of two that begin alike either will do, and the whole tail is better than a part.
        try leave(Array(text.prefix(16)) + [5, 6, 7, 8])
        let again = cache.take(text + [1], from: &pool)
        #expect(again.pages == pages)
        #expect(again.lower == 20)
        #expect(cache.matchedTokens(text + [1]) == 16)
    }

    @Test mutating func aPageThatWasDroppedIsNotFoundByItsBeginning() throws {
        let text = tokens(32)
        try leave(text)
        let isDropped = evict()
        #expect(isDropped)
        #expect(cache.matchedTokens(Array(text.prefix(24)) + [-1]) == 0)
    }

    @Test mutating func aShortTailIsNotKept() throws {
        try leave(tokens(32 + PrefixCache.minimumTail - 1))
        #expect(cache.count == 1)
        try leave(tokens(PrefixCache.minimumTail, seed: 1))
        #expect(cache.count == 2)
    }

    @Test mutating func aPageIsFoundOnlyBehindItsOwnBeginning() throws {
        let text = tokens(64)
        try leave(text)
        #expect(cache.matchedTokens(tokens(32, seed: 1) + text.suffix(32)) == 0)
        #expect(cache.matchedTokens(Array(text.suffix(32))) == 0)
        #expect(cache.matchedTokens([]) == 0)
    }

    @Test mutating func upperLayersCountWithoutAGap() throws {
        let text = tokens(96)
        var pages = try (0..<3).map { _ in try page() }
        cache.insert(text, pages: &pages, lower: 96, upper: 40, isEnded: true, into: &pool)
        let match = cache.take(text, from: &pool)
        #expect(match == PrefixCache.Match(pages: pages, lower: 96, upper: 40))
    }

    @Test mutating func equalPagesBecomeOne() throws {
        let text = tokens(32)
        let first = try leave(text, upper: 32)
        let own = try page()
        var pages = [own]
        cache.insert(text, pages: &pages, lower: 32, upper: 0, isEnded: false, into: &pool)
        #expect(pages == first)
        #expect(pool.holders(of: own) == 0)
        #expect(pool.holders(of: first[0]) == 2)
    }

    @Test mutating func aPageThatHasComeFurtherTakesThePlaceOfAnIdleOne() throws {
        let text = tokens(32)
        try leave(text)
        let second = try leave(text, upper: 32)
        #expect(cache.count == 1)
        let match = cache.take(text, from: &pool)
        #expect(match == PrefixCache.Match(pages: second, lower: 32, upper: 32))
        #expect(pool.freeCount == 11)
    }

    @Test mutating func theLeastRecentlyUsedEndIsDroppedFirst() throws {
        let (old, new) = (tokens(64), tokens(40, seed: 1))
        try leave(old)
        try leave(new)
        let match = cache.take(Array(old.prefix(39)), from: &pool)
        release(match)
        #expect(match.lower == 32)
        // The second page of the old text, the tail of the new one, its first page, then what was used last.
        for expected in [(32, 40), (32, 32), (32, 0), (0, 0)] {
            let isDropped = evict()
            #expect(isDropped)
            #expect((cache.matchedTokens(old), cache.matchedTokens(new)) == expected)
        }
        let isDropped = evict()
        #expect(!isDropped)
        #expect(pool.freeCount == 12)
    }

    @Test mutating func pagesInUseAreNeverDropped() throws {
        let text = tokens(96)
        try leave(text)
        let match = cache.take(Array(text.prefix(64)), from: &pool)
        let inUse = [evict(), evict()]
        #expect(inUse == [true, false])
        release(match)
        let idle = [evict(), evict(), evict()]
        #expect(idle == [true, true, false])
        #expect(pool.freeCount == 12)
    }
}
