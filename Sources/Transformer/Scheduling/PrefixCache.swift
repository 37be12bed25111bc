/// Pages of sequences that have ended, or still go on, found again by their tokens.
///
/// An entry is one page, known by the entry before it and by its own tokens; so entries form a tree, each path from its root
/// is a prefix, and the dictionary's hash of (entry before, tokens) is a hash chain over the prefix. A hit is never taken on
/// the hash alone: the dictionary compares the tokens themselves, and Swift's hashes are keyed per process, so that chosen
/// texts cannot be made to collide.
///
/// A full page is shared in place by any number of sequences. The part of a page at a sequence's end, its tail, is lent to one
/// sequence at a time, which writes on behind it; it leaves the cache for that time. Where a sequence goes on differently within
/// a page or a tail, the equal part is copied, in steps of eight tokens: that is some hundred kilobytes, and computing them is a pass
/// through the model's layers.
///
/// Pages are dropped least recently used first, ends of paths before what they continue, and never while a sequence holds
/// them.
///
/// **Timing.** What a page holds depends on nothing but its tokens, so two tenants can share one without either seeing a
/// word of the other's. But a text whose beginning somebody else sent lately is answered a little sooner, and whoever can
/// measure that can test a guess: all of the next eight tokens at once, or a whole tail. A request with `sharesPrefix`
/// off neither uses the cache nor leaves anything in it. The gateway makes all of its requests with it on, as SECURITY.md
/// says.
struct PrefixCache {
    /// What a sequence's beginning was found to have.
    struct Match: Equatable {
        /// In order; held for the caller.
        var pages: [Int] = []
        /// Tokens that were through the lower layers.
        var lower = 0
        /// Tokens that were through all layers.
        var upper = 0
        /// What is to be copied into the page behind those; none of it counts above.
        var part: Part?
    }

    /// The beginning of a page that goes on differently.
    struct Part: Equatable {
        /// Held for the caller.
        var page: Int
        /// Its first tokens that are the same, all through the lower layers.
        var tokens: Int
        /// Those of them that were through all layers.
        var upper: Int
    }

    private struct Key: Hashable {
        /// 0 is the root.
        var parent: UInt64
        var tokens: [Int32]
    }

    private struct Entry {
        var key: Key
        var page: Int
        /// Tokens of the page that were through all layers; all of the key's were through the lower ones.
        var upper: Int
        var children = 0
        var lastUse: UInt64
    }

    /// Fewer tokens than this at a sequence's end are not worth a page: they ride along in a tile of eight rows.
    static let minimumTail = 8
    /// Parts of pages are found in steps of so many tokens.
    static let partStep = 8

    private var entries: [UInt64: Entry] = [:]
    private var ids: [Key: UInt64] = [:]
    /// The entries behind another one whose first 8, 16 or 24 tokens are the same.
    private var beginnings: [Key: Set<UInt64>] = [:]
    /// Ids are never used twice, so a key can name an entry that is gone but never another one.
    private var lastID: UInt64 = 0
    private var time: UInt64 = 0

    /// Pages held.
    var count: Int { entries.count }

    /// Pages that no sequence holds beside the cache.
    func idleCount(_ pool: PagePool) -> Int { entries.values.count { pool.holders(of: $0.page) == 1 } }

    /// Tokens of a sequence's beginning that `take` would find; changes nothing.
    func matchedTokens(_ tokens: [Int32]) -> Int {
        let path = path(tokens)
        return path.full.count * PageLayout.tokens + path.rest
    }

    /// Finds the longest cached beginning of `tokens` and holds its pages for the caller.
    mutating func take(_ tokens: [Int32], from pool: inout PagePool) -> Match {
        time += 1
        let path = path(tokens)
        var match = Match()
        for id in path.full {
            guard let entry = entries[id] else { break }
            entries[id]?.lastUse = time
            pool.retain(entry.page)
            match.append(entry.page, lower: PageLayout.tokens, upper: entry.upper)
        }
        if let id = path.tail, let entry = entries[id] {
            // The cache's hold on the page becomes the caller's.
            forget(id, entry)
            match.append(entry.page, lower: entry.key.tokens.count, upper: entry.upper)
        } else if let (id, tokens) = path.part, let entry = entries[id] {
            entries[id]?.lastUse = time
            pool.retain(entry.page)
            match.part = Part(page: entry.page, tokens: tokens, upper: min(tokens, entry.upper))
        }
        return match
    }

    /// Keeps the pages of a sequence's beginning, as far as they are not there already.
    ///
    /// - Parameters:
    ///   - pages: of the sequence, from its start. Where the cache has an equal page, that one takes the place of the
    ///     sequence's own, which is let go.
    ///   - lower: tokens that were through the lower layers.
    ///   - upper: tokens that were through all layers.
    ///   - isEnded: whether nobody writes on in the last page, so that the tail can be kept too.
    mutating func insert(
        _ tokens: [Int32],
        pages: inout [Int],
        lower: Int,
        upper: Int,
        isEnded: Bool,
        into pool: inout PagePool
    ) {
        time += 1
        var parent: UInt64 = 0
        for index in pages.indices {
            let first = index * PageLayout.tokens
            let count = min(PageLayout.tokens, lower - first)
            guard count == PageLayout.tokens || (isEnded && count >= Self.minimumTail) else { return }
            let key = Key(parent: parent, tokens: Array(tokens[first..<first + count]))
            let computed = max(0, min(count, upper - first))
            parent = keep(key, page: &pages[index], upper: computed, in: &pool)
        }
    }

    /// Drops the page that was not used for longest, among those that no sequence holds.
    ///
    /// - Returns: false if there is none.
    mutating func evict(from pool: inout PagePool) -> Bool {
        // A scan over at most as many entries as the pool has pages: far below the cost of computing one.
        let unused = entries.filter { $0.value.children == 0 && pool.holders(of: $0.value.page) == 1 }
        guard let (id, entry) = unused.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return false }
        forget(id, entry)
        pool.release(entry.page)
        return true
    }

    // MARK: Tree

    /// What there is along a sequence's tokens.
    private struct Path {
        var full: [UInt64] = []
        /// That goes on from the full pages, and from which the sequence goes on.
        var tail: UInt64?
        /// That begins as the sequence goes on, and for how many tokens.
        var part: (id: UInt64, tokens: Int)?
        /// Tokens of the tail or the part.
        var rest = 0
    }

    private func path(_ tokens: [Int32]) -> Path {
        var path = Path()
        var first = 0
        while first + PageLayout.tokens <= tokens.count {
            let key = Key(parent: path.full.last ?? 0, tokens: Array(tokens[first..<first + PageLayout.tokens]))
            guard let id = ids[key] else { break }
            path.full.append(id)
            first += PageLayout.tokens
        }
        var key = Key(parent: path.full.last ?? 0, tokens: Array(tokens[first...].prefix(PageLayout.tokens - 1)))
        while key.tokens.count >= Self.minimumTail {
            if let id = ids[key] {
                path.tail = id
            } else if key.tokens.count.isMultiple(of: Self.partStep), let id = beginnings[key]?.first {
                path.part = (id, key.tokens.count)
            } else {
                key.tokens.removeLast()
                continue
            }
            path.rest = key.tokens.count
            break
        }
        return path
    }

    /// The beginnings by which an entry is found that is no whole tail of what is looked for.
    private static func beginnings(of key: Key) -> [Key] {
        stride(from: partStep, to: key.tokens.count, by: partStep).map {
            Key(parent: key.parent, tokens: Array(key.tokens.prefix($0)))
        }
    }

    private mutating func keep(_ key: Key, page: inout Int, upper: Int, in pool: inout PagePool) -> UInt64 {
        guard let id = ids[key], let entry = entries[id] else {
            pool.retain(page)
            lastID += 1
            ids[key] = lastID
            entries[lastID] = Entry(key: key, page: page, upper: upper, lastUse: time)
            entries[key.parent]?.children += 1
            for beginning in Self.beginnings(of: key) { beginnings[beginning, default: []].insert(lastID) }
            return lastID
        }
        entries[id]?.lastUse = time
        if entry.page == page {
            entries[id]?.upper = max(entry.upper, upper)
        } else if entry.upper >= upper {
            // Equal tokens give equal bytes: one page is enough.
            pool.retain(entry.page)
            pool.release(page)
            page = entry.page
        } else if pool.holders(of: entry.page) == 1 {
            pool.retain(page)
            pool.release(entry.page)
            entries[id]?.page = page
            entries[id]?.upper = upper
        }
        return id
    }

    private mutating func forget(_ id: UInt64, _ entry: Entry) {
        entries[id] = nil
        ids[entry.key] = nil
        entries[entry.key.parent]?.children -= 1
        for beginning in Self.beginnings(of: entry.key) {
            beginnings[beginning]?.remove(id)
            if beginnings[beginning]?.isEmpty == true { beginnings[beginning] = nil }
        }
    }
}

extension PrefixCache.Match {
    fileprivate mutating func append(_ page: Int, lower: Int, upper: Int) {
        // Upper layers count only without a gap before them.
        if self.upper == self.lower { self.upper += upper }
        self.lower += lower
        pages.append(page)
    }

    /// Counts the part in, once there is a page that it is copied into.
    mutating func appendPart() {
        guard let part else { return }
        if upper == lower { upper += part.upper }
        lower += part.tokens
    }
}
