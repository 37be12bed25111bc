/// How many bytes of bodies are held for inspection on account of one client connection, all its streams together.
///
/// Belongs to the connection's event loop. Exchanges keep it until they are recorded, which may be after the connection is gone.
final class BufferAccount {
    private(set) var bytes = 0

    func add(_ count: Int) {
        self.bytes += count
    }
}

@available(*, unavailable)
extension BufferAccount: Sendable {}
