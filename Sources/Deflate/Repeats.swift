/// Finds what of a text stood in it before, within the window that DEFLATE allows (RFC 1951, 4).
struct Repeats {
    /// A byte, or so many bytes as stand so far back.
    enum Word {
        case literal(UInt8)
        case copy(length: Int, distance: Int)
    }

    private static let window = Inflate.window
    private static let mask = window - 1
    /// Bytes that are looked up together: shorter copies are seldom shorter to write.
    private static let key = 4
    private static let buckets = 1 << 15
    /// Places that are tried.
    private static let patience = 32
    /// A copy that is as long is taken without a look at the next place.
    private static let good = 32

    /// By the hash of four bytes, the last place where they stood, counted from the beginning of the whole text; -1 for none.
    private var latest = [Int](repeating: -1, count: buckets)
    /// By a place, modulo the window: the place before with the same hash.
    private var before = [Int](repeating: -1, count: window)

    /// Goes through a piece of the text.
    ///
    /// - Parameters:
    ///   - text: the piece, behind up to a window of what stood before it.
    ///   - start: where the piece begins in it.
    ///   - offset: bytes of the whole text before `text`.
    mutating func find(in text: [UInt8], from start: Int, offset: Int, _ body: (Word) -> Void) {
        text.withUnsafeBufferPointer { text in
            var place = start
            var ready: (length: Int, distance: Int)?
            while place < text.count {
                let found = ready ?? self.enter(place, in: text, offset)
                ready = nil
                guard found.length >= Self.key else {
                    body(.literal(text[place]))
                    place += 1
                    continue
                }
                var next = place + 1
                if found.length < Self.good, next < text.count {
                    let later = self.enter(next, in: text, offset)
                    next += 1
                    if later.length > found.length {
                        body(.literal(text[place]))
                        ready = later
                        place += 1
                        continue
                    }
                }
                body(.copy(length: found.length, distance: found.distance))
                for skipped in next..<max(next, place + found.length) { self.note(skipped, in: text, offset) }
                place += found.length
            }
        }
    }

    /// The longest copy that may stand at a place, which is noted; its length is 0 if there is none.
    private mutating func enter(
        _ place: Int,
        in text: UnsafeBufferPointer<UInt8>,
        _ offset: Int
    ) -> (length: Int, distance: Int) {
        guard place + Self.key <= text.count else { return (0, 0) }
        let most = min(DeflateTables.longest, text.count - place)
        let oldest = max(0, place - Self.window)
        var best = (length: 0, distance: 0)
        var candidate = self.note(place, in: text, offset) - offset
        var tries = Self.patience
        while candidate >= oldest, tries > 0 {
            // A copy that is longer than the best agrees with it in its last byte.
            if best.length == 0 || text[candidate + best.length] == text[place + best.length] {
                var length = 0
                while length < most, text[candidate + length] == text[place + length] { length += 1 }
                if length > best.length {
                    best = (length, place - candidate)
                    if length == most { break }
                }
            }
            let older = self.before[(candidate + offset) & Self.mask] - offset
            // What stands there is of a later place: the window has moved on.
            guard older < candidate else { break }
            candidate = older
            tries -= 1
        }
        return best
    }

    /// Notes a place; nothing where the text ends before a key does.
    ///
    /// - Returns: the last place before it with the same hash, counted from the beginning; less than 0 if there is none.
    @discardableResult
    private mutating func note(_ place: Int, in text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Int {
        guard place + Self.key <= text.count else { return -1 }
        let key =
            UInt32(text[place]) | UInt32(text[place + 1]) << 8 | UInt32(text[place + 2]) << 16
            | UInt32(text[place + 3]) << 24
        let bucket = Int((key &* 0x9e37_79b1) >> 17)
        let last = self.latest[bucket]
        self.before[(place + offset) & Self.mask] = last
        self.latest[bucket] = place + offset
        return last
    }
}
