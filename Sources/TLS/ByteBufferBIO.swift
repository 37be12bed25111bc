import COpenSSL
import COpenSSLShims
import NIOCore

/// The place where OpenSSL and NIO meet: a BIO that reads ciphertext out of, and writes it into, byte buffers.
///
/// Inbound, the buffer that came from the socket is kept until OpenSSL has taken all of it, so there is one copy.
/// Outbound, all records collect in one buffer until they are taken. Neither side keeps storage while nothing is
/// under way: most connections of a gateway are idle most of the time.
///
/// OpenSSL knows this object through an unretained pointer, which `deinit` takes back. The object must not be used
/// after `pointer` has been given to an `SSL` by any thread but the one that works on that connection.
final class ByteBufferBIO {
    /// `BIO *`, one reference of which belongs to this object.
    let pointer: OpaquePointer
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()

    /// Returns nil if memory is short.
    init?() {
        let made = ctls_bio_new(
            { owner, into, length in
                guard let owner, let into else { return 0 }
                let space = UnsafeMutableRawBufferPointer(start: into, count: length)
                return Unmanaged<ByteBufferBIO>.fromOpaque(owner).takeUnretainedValue().read(into: space)
            },
            { owner, from, length in
                guard let owner, let from else { return 0 }
                let bytes = UnsafeRawBufferPointer(start: from, count: length)
                Unmanaged<ByteBufferBIO>.fromOpaque(owner).takeUnretainedValue().write(bytes)
                return 1
            }
        )
        guard let made else { return nil }
        self.pointer = made
        ctls_bio_attach(made, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        ctls_bio_attach(self.pointer, nil)
        BIO_free(self.pointer)
    }

    /// How many bytes of ciphertext OpenSSL has not taken yet.
    var inboundBytes: Int { self.inbound.readableBytes }

    /// How many bytes of ciphertext wait to be sent.
    var outboundBytes: Int { self.outbound.readableBytes }

    /// Takes ciphertext from the network.
    func receive(_ ciphertext: ByteBuffer) {
        if self.inbound.readableBytes == 0 {
            self.inbound = ciphertext
        } else {
            self.inbound.writeImmutableBuffer(ciphertext)
        }
    }

    /// Makes room for about so many bytes of records, so that writing them need not move them.
    func reserveOutbound(_ bytes: Int) {
        self.outbound.reserveCapacity(minimumWritableBytes: bytes)
    }

    /// Hands over the ciphertext that waits to be sent; nil if there is none.
    func takeOutbound() -> ByteBuffer? {
        guard self.outbound.readableBytes > 0 else { return nil }
        defer { self.outbound = ByteBuffer() }
        return self.outbound
    }

    private func read(into space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, self.inbound.readableBytes)
        guard count > 0 else { return 0 }
        self.inbound.readWithUnsafeReadableBytes { bytes in
            space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            return count
        }
        if self.inbound.readableBytes == 0 { self.inbound = ByteBuffer() }
        return count
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        self.outbound.writeBytes(bytes)
    }
}
