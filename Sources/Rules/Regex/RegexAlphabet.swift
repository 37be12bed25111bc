/// The scalars of a program's sets, divided into classes that no set tells apart.
///
/// An automaton over classes is as small as the pattern, however large Unicode is: a table for ASCII, and a binary search
/// for the rest.
final class RegexAlphabet: Sendable {
    /// Classes of scalars; the end of the text is one more, with this number.
    let count: Int
    /// By class: whether it holds word scalars, in the sense of `\b`. False for the end of the text. Meaningless without
    /// context.
    let isWord: [Bool]
    /// By class: whether its scalars are word scalars of scripts that mark no words. As `isWord` otherwise.
    let isUnspaced: [Bool]
    /// By class: whether it is the line feed.
    let isNewline: [Bool]
    private let ascii: [UInt16]
    /// Where intervals of one class begin, ascending, and their classes.
    private let bounds: [UInt32]
    private let classes: [UInt16]
    /// `set * count + class`.
    private let membership: [Bool]

    var endOfText: Int { count }

    /// - Parameter hasContext: whether `isWord`, `isUnspaced` and `isNewline` are wanted; they make many more intervals.
    init(sets programSets: [ScalarSet], hasContext: Bool) {
        let sets = hasContext ? programSets + [.word, .unspaced, .newline] : programSets
        var cuts: Set<UInt32> = [0]
        for range in sets.lazy.flatMap(\.ranges) {
            cuts.insert(range.lowerBound)
            if range.upperBound < ScalarSet.maximum { cuts.insert(range.upperBound + 1) }
        }
        let bounds = cuts.sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(bounds, bounds.indices))

        // Partition refinement: each set splits every class into what is in it and what is not.
        var classes = Array(repeating: 0, count: bounds.count)
        var count = 1
        for set in sets {
            var inside: [Int: Int] = [:]
            var outside = Array(repeating: false, count: count)
            var isMember = Array(repeating: false, count: bounds.count)
            for range in set.ranges {
                guard let first = places[range.lowerBound] else { continue }
                let end = range.upperBound < ScalarSet.maximum ? places[range.upperBound + 1] : bounds.count
                for interval in first..<(end ?? bounds.count) { isMember[interval] = true }
            }
            for interval in bounds.indices where !isMember[interval] { outside[classes[interval]] = true }
            for interval in bounds.indices where isMember[interval] {
                let old = classes[interval]
                // A class that lies wholly inside keeps its number.
                guard outside[old] else { continue }
                if inside[old] == nil {
                    inside[old] = count
                    count += 1
                }
                classes[interval] = inside[old] ?? old
            }
        }

        var representative = Array(repeating: UInt32(0), count: count)
        for (bound, index) in zip(bounds, classes) { representative[index] = bound }
        membership = programSets.flatMap { set in representative.map { set.contains($0) } }
        isWord = representative.map { ScalarSet.word.contains($0) } + [false]
        isUnspaced = representative.map { ScalarSet.unspaced.contains($0) } + [false]
        isNewline = representative.map { ScalarSet.newline.contains($0) } + [false]
        self.count = count
        self.bounds = bounds
        self.classes = classes.map { UInt16(truncatingIfNeeded: $0) }
        var ascii: [UInt16] = []
        var interval = 0
        for value in UInt32(0)..<128 {
            while interval + 1 < bounds.count, bounds[interval + 1] <= value { interval += 1 }
            ascii.append(UInt16(truncatingIfNeeded: classes[interval]))
        }
        self.ascii = ascii
    }

    func isMember(class index: Int, ofSet set: Int) -> Bool { membership[set * count + index] }

    /// The class of the scalar that begins at `position`, and its length in bytes. At the end: `endOfText` and 0.
    ///
    /// Bytes that are not UTF-8 count as U+FFFD, one each.
    @inline(__always)
    func classify(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (class: Int, length: Int) {
        guard position < bytes.count else { return (count, 0) }
        let byte = bytes[position]
        if byte < 0x80 { return (Int(ascii[Int(byte)]), 1) }
        let (value, length) = UTF8Scalars.decode(bytes, at: position)
        return (classOf(value), length)
    }

    func classOf(_ value: UInt32) -> Int {
        if value < 0x80 { return Int(ascii[Int(value)]) }
        var low = 0
        var high = bounds.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if bounds[middle] <= value { low = middle } else { high = middle }
        }
        return Int(classes[low])
    }
}
