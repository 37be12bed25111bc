/// Where each byte of a view comes from, as UTF-8 offsets into the text the view was made of.
struct OffsetMap: Sendable, Equatable {
    /// Neighbouring bytes of the view that were treated alike.
    private struct Piece: Sendable, Equatable {
        var viewStart: Int
        var viewLength: Int
        var sourceStart: Int
        var sourceLength: Int
        /// Whether the bytes correspond one to one.
        var isVerbatim: Bool

        /// What the bytes of a part of the view, which holds some of the piece's, were made of.
        func source(within view: Range<Int>) -> Range<Int> {
            guard isVerbatim else { return sourceStart..<sourceStart + sourceLength }
            let lower = max(view.lowerBound, viewStart) - viewStart
            let upper = min(view.upperBound, viewStart + viewLength) - viewStart
            return sourceStart + lower..<sourceStart + upper
        }
    }

    private var pieces: [Piece] = []
    /// Whether what comes later in the view stands later in the source.
    private var isForward = true

    init() {}

    /// Everything comes from one range: a match within stands for the whole.
    init(viewLength: Int, source: Range<Int>) {
        append(viewLength: viewLength, source: source)
    }

    /// The same, even if the bytes are as many as those of the range.
    init(viewLength: Int, wholeOf source: Range<Int>) {
        append(viewLength: viewLength, source: source, asWhole: true)
    }

    /// Adds the next bytes of the view. If they are as many as those of the source they are taken to correspond one to
    /// one, unless they come from it as a `whole`.
    mutating func append(viewLength: Int, source: Range<Int>, asWhole whole: Bool = false) {
        guard viewLength > 0 else { return }
        let viewStart = pieces.last.map { $0.viewStart + $0.viewLength } ?? 0
        let isVerbatim = !whole && viewLength == source.count
        if let last = pieces.last,
            source.lowerBound < last.sourceStart || source.upperBound < last.sourceStart + last.sourceLength
        {
            isForward = false
        }
        if let last = pieces.last, last.isVerbatim, isVerbatim,
            last.sourceStart + last.sourceLength == source.lowerBound
        {
            pieces[pieces.count - 1].viewLength += viewLength
            pieces[pieces.count - 1].sourceLength += viewLength
        } else {
            pieces.append(
                Piece(
                    viewStart: viewStart,
                    viewLength: viewLength,
                    sourceStart: source.lowerBound,
                    sourceLength: source.count,
                    isVerbatim: isVerbatim
                )
            )
        }
    }

    /// Whether each part of the view stands for the whole source.
    private var isWhole: Bool { pieces.count == 1 && !pieces[0].isVerbatim }

    /// Steps from a view to a text, up to the first that keeps no places apart. Where that leads is found once: else each match in a
    /// long run of code within a text that runs backwards would ask for all letters of the run.
    static func joined(_ steps: [OffsetMap]) -> [OffsetMap] {
        guard let last = steps.firstIndex(where: \.isWhole), last + 1 < steps.count else { return steps }
        let length = steps[last].pieces[0].viewLength
        let source = steps[last...].reduce(0..<length) { $1.source(of: $0) }
        return steps[..<last] + [OffsetMap(viewLength: length, wholeOf: source)]
    }

    /// The smallest range of the source that holds everything the range was made of, and what was removed between. An empty or
    /// outlying range gives an empty one. In views that run backwards, or whose words do, any part may come from the ends.
    func source(of view: Range<Int>) -> Range<Int> {
        guard !view.isEmpty, let first = piece(at: view.lowerBound), let last = piece(at: view.upperBound - 1) else {
            return 0..<0
        }
        guard !isForward else {
            return pieces[first].source(within: view).lowerBound..<pieces[last].source(within: view).upperBound
        }
        var range = pieces[first].source(within: view)
        for piece in pieces[first...last] {
            let source = piece.source(within: view)
            range = min(range.lowerBound, source.lowerBound)..<max(range.upperBound, source.upperBound)
        }
        return range
    }

    /// The piece that holds a byte of the view.
    private func piece(at offset: Int) -> Int? {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].viewStart + pieces[middle].viewLength <= offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < pieces.count, pieces[low].viewStart <= offset else { return nil }
        return low
    }
}
