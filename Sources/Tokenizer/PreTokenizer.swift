/// Cuts text into the words that byte pairs are merged in, as SmolLM's pre-tokeniser does.
///
/// First every number character is a word of its own. What lies between is cut as if by GPT-2's pattern, tried in this
/// order at each place: an English contraction ('s 't 're 've 'm 'll 'd); letters, with one space before them if there is
/// one; anything that is neither letter, number nor white space, likewise; white space up to the end of the stretch, or
/// else all but the last character of it (which then goes with the word that follows if it is a space); white space.
///
/// A hand-written scanner: one pass, no backtracking, so the time is linear on any input.
struct PreTokenizer {
    let text: UnsafeBufferPointer<UInt8>
    /// Where the next word begins.
    private(set) var position: Int

    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - position: where a word begins.
    init(_ text: UnsafeBufferPointer<UInt8>, from position: Int = 0) {
        self.text = text
        self.position = position
    }

    /// The bytes of the next word; nil at the end.
    mutating func next() -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        position = endOfWord(from: start)
        return start..<position
    }

    /// The last place where a word begins for certain, whatever the text is before the two characters there.
    ///
    /// - Parameter index: the last byte that is looked at; inside the text.
    /// - Returns: between the next word and `index`; where the next word begins if there is no other.
    func lastCertainStart(upTo index: Int) -> Int {
        guard index > position else { return position }
        var place = startOfScalar(index)
        var kind = scalar(at: place).class
        while place > position {
            let before = startOfScalar(place - 1)
            let kindBefore = scalar(at: before).class
            switch (kindBefore, kind) {
            // A number is a word; letters and others go on with their own kind, or with letters behind a quote.
            case (.number, _), (_, .number), (.letter, .space), (.letter, .other), (.other, .space): return place
            default: break
            }
            (place, kind) = (before, kindBefore)
        }
        return position
    }

    private func startOfScalar(_ index: Int) -> Int {
        var start = index
        while start > position, text[start] & 0xc0 == 0x80 { start -= 1 }
        return start
    }

    private func endOfWord(from start: Int) -> Int {
        let first = scalar(at: start)
        switch first.class {
        case .number:
            return first.end
        case .letter:
            return endOfRun(of: .letter, from: first.end)
        case .other:
            return endOfContraction(from: start) ?? endOfRun(of: .other, from: first.end)
        case .space:
            if text[start] == 0x20, first.end < text.count {
                let second = scalar(at: first.end)
                if second.class == .letter || second.class == .other {
                    return endOfRun(of: second.class, from: second.end)
                }
            }
            return endOfWhiteSpace(from: start)
        }
    }

    private func endOfWhiteSpace(from start: Int) -> Int {
        var last = start
        var end = start
        while end < text.count {
            let next = scalar(at: end)
            guard next.class == .space else {
                // A number ends the stretch, so the white space before it stays whole.
                return next.class == .number || last == start ? end : last
            }
            last = end
            end = next.end
        }
        return end
    }

    private func endOfRun(of kind: ScalarClass, from start: Int) -> Int {
        var end = start
        while end < text.count {
            let next = scalar(at: end)
            guard next.class == kind else { break }
            end = next.end
        }
        return end
    }

    private func endOfContraction(from start: Int) -> Int? {
        guard text[start] == UInt8(ascii: "'"), start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
        default:
            return nil
        }
    }

    private func scalar(at index: Int) -> (class: ScalarClass, end: Int) {
        let lead = text[index]
        if lead < 0x80 { return (ScalarClass(Unicode.Scalar(lead)), index + 1) }
        let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
        var value = UInt32(lead) & (0x7f >> UInt32(length))
        for byte in text[index + 1..<min(index + length, text.count)] { value = value << 6 | UInt32(byte & 0x3f) }
        return (Unicode.Scalar(value).map(ScalarClass.init) ?? .other, index + length)
    }
}
