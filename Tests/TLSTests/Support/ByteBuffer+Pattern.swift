import NIOCore

extension ByteBuffer {
    /// Makes bytes in which no piece of a kilobyte is like another, so that lost, doubled or exchanged pieces show.
    init(patternOf count: Int) {
        self.init()
        self.reserveCapacity(count)
        let filler = [UInt8](0..<255) + [UInt8](0..<255) + [UInt8](0..<255) + [UInt8](0..<251)
        while self.readableBytes < count {
            self.writeInteger(self.readableBytes)
            self.writeBytes(filler)
        }
        self.moveWriterIndex(to: count)
    }
}
