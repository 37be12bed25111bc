/// Where each byte of a view comes from, as UTF-8 offsets into the text the view was made of.
struct OffsetMap: Sendable, Equatable {
    /// Neighbouring bytes of the view that were treated alike.
    private struct Piece: Sendable, Equatable {
        var viewStart: Int
        var viewLength: Int
        var sourceStart: Int
        var sourceLength: Int

        /// Whether the bytes correspond one to one.
        var isVerbatim: Bool { viewLength == sourceLength }
    }

    private var pieces: [Piece] = []

    init() {}

    /// Everything comes from one range: a match within stands for the whole.
    init(viewLength: Int, source: Range<Int>) {
        append(viewLength: viewLength, source: source)
    }

    /// Adds the next bytes of the view. If they are as many as those of the source they are taken to correspond one to
    /// one.
    mutating func append(viewLength: Int, source: Range<Int>) {
        guard viewLength > 0 else { return }
        let viewStart = pieces.last.map { $0.viewStart + $0.viewLength } ?? 0
        if let last = pieces.last, last.isVerbatim, viewLength == source.count,
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
                    sourceLength: source.count
                )
            )
        }
    }

    /// The smallest range of the source that holds everything the ends of the range were made of, and what was removed
    /// between. An empty or outlying range gives an empty one. Views that run backwards are mapped as well.
    func source(of view: Range<Int>) -> Range<Int> {
        guard !view.isEmpty, let first = byteSource(of: view.lowerBound), let last = byteSource(of: view.upperBound - 1)
        else { return 0..<0 }
        return min(first.lowerBound, last.lowerBound)..<max(first.upperBound, last.upperBound)
    }

    private func byteSource(of offset: Int) -> Range<Int>? {
        guard let piece = piece(at: offset) else { return nil }
        guard piece.isVerbatim else { return piece.sourceStart..<piece.sourceStart + piece.sourceLength }
        let start = piece.sourceStart + offset - piece.viewStart
        return start..<start + 1
    }

    private func piece(at offset: Int) -> Piece? {
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
        return pieces[low]
    }
}
