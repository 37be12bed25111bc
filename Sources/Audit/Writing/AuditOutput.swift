/// The place that lines are written to. Belongs to the thread of the log.
package protocol AuditOutput: AnyObject {
    /// Writes a line, its line feed included: the whole of it or nothing, as far as the system lets it.
    ///
    /// - Parameter event: the line's kind, for places that sort messages.
    func write(_ line: [UInt8], event: String) -> Bool

    /// Whether what `write` refused last would be refused for ever: nothing is won by trying again.
    var refusesForGood: Bool { get }

    /// Lines that may be given to `write` as one, at the most.
    var longestBatch: Int { get }

    /// Whether a write may wait for somebody far away: nobody but the thread of the log waits with it then.
    var isRemote: Bool { get }

    /// Lines that were handed over whole and turned away all the same, since this was asked last.
    func turnedAway() -> Int

    /// Whether the lines so far should be put away before this many bytes more.
    func wantsRotation(before bytes: Int, at time: AuditTime) -> Bool

    /// Puts the lines so far away, under a name that holds the number of the last.
    ///
    /// - Returns: what became of them; nil if the system refused: writing goes on as before.
    func rotate(after sequence: UInt64, at time: AuditTime) -> AuditRotation?

    /// Opens the place anew.
    ///
    /// - Returns: false if the system refused: what was open stays in use.
    func reopen() -> Bool

    func close()
}

extension AuditOutput {
    package var refusesForGood: Bool { false }
    package var longestBatch: Int { 1 }
    package var isRemote: Bool { false }
    package func turnedAway() -> Int { 0 }
    package func wantsRotation(before bytes: Int, at time: AuditTime) -> Bool { false }
    package func rotate(after sequence: UInt64, at time: AuditTime) -> AuditRotation? { nil }
    package func reopen() -> Bool { true }
}

/// What putting lines away did.
package struct AuditRotation: Sendable, Equatable {
    /// The name of the file that the lines are in now.
    package var file: String
    /// The names of files that were removed.
    package var removed: [String]
    /// The names of files put away earlier that could not be compressed.
    package var uncompressed: [String]

    package init(file: String, removed: [String] = [], uncompressed: [String] = []) {
        self.file = file
        self.removed = removed
        self.uncompressed = uncompressed
    }
}
