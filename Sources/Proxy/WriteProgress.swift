/// Whether a client takes anything of what it is sent: it has taken what was written less what still waits.
///
/// A client that takes little at a time is slow, and one that takes nothing has stalled. Whether there is room again tells
/// them apart only where the clock allows for all that waits.
struct WriteProgress {
    private var written = 0
    private var taken = 0

    mutating func wrote(_ bytes: Int) {
        self.written += bytes
    }

    /// Whether more has been taken than when this was asked last.
    ///
    /// - Parameter waiting: bytes of what was written that have not gone out.
    mutating func hasAdvanced(waiting: Int) -> Bool {
        let before = self.taken
        self.taken = self.written - waiting
        return self.taken > before
    }
}
