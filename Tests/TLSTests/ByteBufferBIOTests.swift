import COpenSSL
import NIOCore
import Testing

@testable import TLS

@Suite("ByteBufferBIO")
struct ByteBufferBIOTests {
    let bio: ByteBufferBIO

    init() throws {
        self.bio = try #require(ByteBufferBIO())
    }

    /// Reads through OpenSSL's side of the BIO; nil stands for "try again".
    private func read(_ length: Int) -> [UInt8]? {
        var space = [UInt8](repeating: 0, count: length)
        var count = 0
        guard BIO_read_ex(self.bio.pointer, &space, length, &count) == 1 else { return nil }
        return Array(space[..<count])
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var count = 0
        return BIO_write_ex(self.bio.pointer, bytes, bytes.count, &count) == 1 && count == bytes.count
    }

    @Test("An empty BIO asks to be read again later instead of ending")
    func emptyReadRetries() {
        #expect(self.read(10) == nil)
        #expect(BIO_test_flags(self.bio.pointer, BIO_FLAGS_SHOULD_RETRY) != 0)
        #expect(BIO_test_flags(self.bio.pointer, BIO_FLAGS_READ) != 0)
    }

    @Test("A successful read takes the retry flags back")
    func readClearsRetry() {
        _ = self.read(1)
        self.bio.receive(ByteBuffer(bytes: [7]))
        #expect(self.read(1) == [7])
        #expect(BIO_test_flags(self.bio.pointer, BIO_FLAGS_SHOULD_RETRY) == 0)
    }

    @Test("Short reads walk through a buffer and stop at its end")
    func shortReads() {
        self.bio.receive(ByteBuffer(bytes: [1, 2, 3, 4, 5]))
        #expect(self.read(2) == [1, 2])
        #expect(self.bio.inboundBytes == 3)
        #expect(self.read(2) == [3, 4])
        #expect(self.read(100) == [5])
        #expect(self.read(100) == nil)
    }

    @Test("A second buffer is read after what is left of the first")
    func buffersQueue() {
        self.bio.receive(ByteBuffer(bytes: [1, 2, 3]))
        #expect(self.read(1) == [1])
        self.bio.receive(ByteBuffer(bytes: [4, 5]))
        #expect(self.read(100) == [2, 3, 4, 5])
    }

    @Test("Appending to what is left does not change the caller's own buffer")
    func callersBufferIsUntouched() {
        let first = ByteBuffer(bytes: [1, 2, 3])
        self.bio.receive(first)
        self.bio.receive(ByteBuffer(bytes: [4]))
        #expect(self.read(100) == [1, 2, 3, 4])
        #expect(first == ByteBuffer(bytes: [1, 2, 3]))
    }

    @Test("A buffer that was partly read by its owner is taken from its reader index on")
    func readerIndexIsRespected() {
        var buffer = ByteBuffer(bytes: [1, 2, 3])
        buffer.moveReaderIndex(forwardBy: 2)
        self.bio.receive(buffer)
        #expect(self.read(100) == [3])
    }

    @Test("Writes coalesce in one buffer until they are taken")
    func writesCoalesce() {
        #expect(self.write([1, 2]))
        #expect(self.write([3]))
        #expect(self.bio.outboundBytes == 3)
        #expect(self.bio.takeOutbound() == ByteBuffer(bytes: [1, 2, 3]))
        #expect(self.bio.takeOutbound() == nil)
    }

    @Test("A buffer that was taken is not written to any more")
    func takenBufferIsIndependent() {
        #expect(self.write([1]))
        let taken = self.bio.takeOutbound()
        #expect(self.write([2]))
        #expect(taken == ByteBuffer(bytes: [1]))
        #expect(self.bio.takeOutbound() == ByteBuffer(bytes: [2]))
    }

    @Test("No storage is kept once everything was taken")
    func keepsNoStorage() {
        #expect(self.write([UInt8](repeating: 1, count: 100_000)))
        _ = self.bio.takeOutbound()
        self.bio.receive(ByteBuffer(repeating: 1, count: 100_000))
        _ = self.read(100_000)
        #expect(
            Mirror(reflecting: self.bio).children.compactMap { $0.value as? ByteBuffer }.map(\.storageCapacity) == [
                0, 0,
            ]
        )
    }

    @Test("Flushing succeeds and every other control is declined, kernel TLS among them")
    func controls() {
        #expect(BIO_ctrl(self.bio.pointer, BIO_CTRL_FLUSH, 0, nil) == 1)
        for command in [BIO_CTRL_EOF, BIO_CTRL_PENDING, BIO_CTRL_RESET, BIO_CTRL_DUP, 72, 73, 74, 76] {
            #expect(BIO_ctrl(self.bio.pointer, Int32(command), 0, nil) == 0)
        }
    }

    @Test("A BIO whose owner is gone fails instead of touching freed memory")
    func ownerIsGone() throws {
        var owner = ByteBufferBIO()
        let pointer = try #require(owner?.pointer)
        BIO_up_ref(pointer)
        defer { BIO_free(pointer) }
        owner?.receive(ByteBuffer(bytes: [1]))
        owner = nil
        var byte: UInt8 = 0
        var count = 0
        #expect(BIO_read_ex(pointer, &byte, 1, &count) == 0)
        #expect(BIO_test_flags(pointer, BIO_FLAGS_SHOULD_RETRY) == 0)
        #expect(BIO_write_ex(pointer, &byte, 1, &count) == 0)
    }
}
