/// Which pages are free, and how many hold on to each of the others. Numbers only: `PageMemory` has their bytes.
///
/// A page is held by the sequence that fills it, by every sequence that reads it and by the prefix cache; it is free again
/// when the last of them lets go.
struct PagePool {
    let count: Int
    /// Pages nobody holds. The one that was let go last is taken first, so that memory that was never touched stays so.
    private var free: [Int]
    private var holders: [Int]

    init(count: Int) {
        self.count = count
        free = Array((0..<count).reversed())
        holders = [Int](repeating: 0, count: count)
    }

    var freeCount: Int { free.count }

    /// A page with one holder; nil if none is free.
    mutating func take() -> Int? {
        guard let page = free.popLast() else { return nil }
        holders[page] = 1
        return page
    }

    /// Adds a holder to a page that has one.
    mutating func retain(_ page: Int) {
        precondition(holders[page] > 0, "page \(page) is free")
        holders[page] += 1
    }

    /// Takes a holder away.
    mutating func release(_ page: Int) {
        precondition(holders[page] > 0, "page \(page) is free already")
        holders[page] -= 1
        if holders[page] == 0 { free.append(page) }
    }

    func holders(of page: Int) -> Int { holders[page] }
}
