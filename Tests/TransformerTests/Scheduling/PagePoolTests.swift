import Testing

@testable import Transformer

struct PagePoolTests {
    @Test func everyPageIsTakenOnce() {
        var pool = PagePool(count: 5)
        let pages = (0..<6).map { _ in pool.take() }
        #expect(Set(pages.compactMap { $0 }) == Set(0..<5))
        #expect(pages[5] == nil)
        #expect(pool.freeCount == 0)
    }

    @Test func aPageIsFreeWhenItsLastHolderLetsGo() throws {
        var pool = PagePool(count: 1)
        let taken = pool.take()
        let page = try #require(taken)
        pool.retain(page)
        pool.release(page)
        #expect(pool.freeCount == 0)
        #expect(pool.holders(of: page) == 1)
        pool.release(page)
        #expect(pool.freeCount == 1)
    }

    @Test func memoryThatWasNeverTouchedIsTakenLast() throws {
        var pool = PagePool(count: 100)
        var seen: Set<Int> = []
        for _ in 0..<10 {
            let taken = pool.take()
            let page = try #require(taken)
            seen.insert(page)
            pool.release(page)
        }
        #expect(seen.count == 1)
    }
}
