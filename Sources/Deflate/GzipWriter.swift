/// Packs a text as one member of gzip (RFC 1952), piece by piece: a window and a block are in memory, whatever its size.
package struct GzipWriter {
    /// Bytes of text in a block: the codes of each are made for it.
    private static let block = 64 << 10

    private var output = BitWriter()
    private var repeats = Repeats()
    private var checksum = Checksum()
    /// What was taken: up to a window that is written already, then what is not.
    private var text: [UInt8] = []
    private var written = 0
    /// Bytes that were taken and dropped.
    private var dropped = 0

    package init() {
        // No name and no time: the same text makes the same bytes. 255: of no system in particular.
        self.output.append(whole: GzipHead.magic + [8, 0, 0, 0, 0, 0, 0, 255])
    }

    /// Takes a piece of the text.
    ///
    /// - Returns: packed bytes that are ready.
    package mutating func write(_ piece: some Collection<UInt8>) -> [UInt8] {
        self.checksum.add(piece)
        self.text += piece
        while self.text.count - self.written >= Self.block { self.writeBlock(isLast: false) }
        return self.output.take()
    }

    /// Ends the member.
    ///
    /// - Returns: the rest of the packed bytes.
    package mutating func finish() -> [UInt8] {
        self.writeBlock(isLast: true)
        self.output.alignToByte()
        for word in [self.checksum.value, UInt32(truncatingIfNeeded: self.dropped + self.text.count)] {
            self.output.append(Int(word), 32)
        }
        return self.output.take()
    }

    private mutating func writeBlock(isLast: Bool) {
        let end = min(self.text.count, self.written + Self.block)
        // A copy must not reach into the next block, whose bytes may be there already.
        let piece = end == self.text.count ? self.text : Array(self.text[..<end])
        var block = DeflateBlock()
        self.repeats.find(in: piece, from: self.written, offset: self.dropped) { block.append($0) }
        block.write(to: &self.output, isLast: isLast)
        self.written = end
        let old = max(0, self.written - Inflate.window)
        self.text.removeFirst(old)
        self.written -= old
        self.dropped += old
    }
}
