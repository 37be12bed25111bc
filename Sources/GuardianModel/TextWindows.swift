/// Cuts a long text into overlapping windows, so that nothing is clipped and nothing hides on a border.
enum TextWindows {
    /// Ranges that cover `count` tokens: each at most `size` long, each but the first beginning `overlap` tokens before the end
    /// of the one before it. The last is moved back to full length.
    ///
    /// - Returns: nothing for an empty text.
    static func ranges(count: Int, size: Int, overlap: Int) -> [Range<Int>] {
        guard count > 0 else { return [] }
        guard count > size else { return [0..<count] }
        let step = max(1, size - overlap)
        var ranges: [Range<Int>] = []
        var start = 0
        while start + size < count {
            ranges.append(start..<start + size)
            start += step
        }
        ranges.append(count - size..<count)
        return ranges
    }
}
