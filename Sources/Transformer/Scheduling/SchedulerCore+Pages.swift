extension SchedulerCore {
    /// Gives a sequence its pages, if its lane may have so many now.
    ///
    /// - Parameter generationWaits: whether reading must leave the generating lane its share.
    mutating func start(_ id: ScheduledRequest.ID, _ index: Int, generationWaits: Bool) -> Bool {
        guard var request = requests[id] else { return false }
        let wasStarted = request.isStarted
        let demand = request.sequences[index].pageDemand
        let share =
            switch request.lane {
            case .generating: generatingPages
            case .reading: generationWaits ? pool.count - generatingPages : pool.count
            }
        guard held[request.lane, default: 0] + demand <= share else { return false }

        let tokens = request.sequences[index].tokens
        // Held before anything is evicted, so that making room never drops what was just found.
        var match = request.sharesPrefix ? cache.take(tokens, from: &pool) : PrefixCache.Match()
        var pages = match.pages
        while pages.count < demand, let page = pool.take() ?? evictedPage() { pages.append(page) }
        if pages.count < demand, let part = match.part {
            // The page to be copied from is the one that is missing: without the copy there is room.
            pool.release(part.page)
            match.part = nil
            while pages.count < demand, let page = pool.take() ?? evictedPage() { pages.append(page) }
        }
        if let part = match.part {
            if pages.count == demand {
                copies.append(PageCopy(part, to: pages[match.pages.count]))
                match.appendPart()
            }
            // Whoever gets the page next writes to it only after the copy was made.
            pool.release(part.page)
        }
        request.sequences[index].start(match, pages: pages)
        request.isStarted = true
        requests[id] = request
        held[request.lane, default: 0] += pages.count
        guard pages.count == demand else {
            // Cached pages that nobody uses, but whose continuation somebody does, cannot be dropped yet.
            release(id, index, keepsPrefix: true)
            requests[id]?.isStarted = wasStarted
            return false
        }
        if request.sharesPrefix {
            requests[id]?.hitTokens += match.lower
            counts.hitTokens += match.lower
            counts.missTokens += tokens.count - match.lower
        }
        if request.sequences[index].remaining == 0 { found.append(.read(id, sequence: index)) }
        return true
    }

    /// Takes a sequence's pages from it.
    mutating func release(_ id: ScheduledRequest.ID, _ index: Int, keepsPrefix: Bool) {
        guard let request = requests[id], request.sequences[index].isStarted else { return }
        if keepsPrefix, request.sharesPrefix {
            requests[id]?.sequences[index].keep(in: &cache, &pool, isEnded: true)
        }
        let pages = requests[id]?.sequences[index].stop() ?? []
        for page in pages { pool.release(page) }
        held[request.lane, default: 0] -= pages.count
    }

    private mutating func evictedPage() -> Int? {
        cache.evict(from: &pool) ? pool.take() : nil
    }
}
