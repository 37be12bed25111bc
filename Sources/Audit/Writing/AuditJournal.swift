/// What the thread of the log does with each record: chain it, write it, put full files away, sign now and then, and say
/// how many records were lost. Belongs to that thread.
final class AuditJournal {
    private var chain: AuditChain
    private let output: any AuditOutput
    private let signer: AuditSigner?
    /// Records that were lost and of which no line tells yet.
    private var lost = 0
    /// Lines that were written and then turned away, and that nobody has counted yet.
    private var away = 0
    private var unsigned = 0
    /// What is told in the first line, until it is.
    private var beginning: AuditRecovery?

    /// The link of a line with the largest number, rounded up.
    private static let linkBytes = 256
    /// A checkpoint with its link, rounded up.
    private static let checkpointBytes = 640

    /// - Parameter recovery: what was found at the output's place.
    init(
        output: any AuditOutput,
        recovery: AuditRecovery,
        hash: @escaping AuditHash,
        signer: AuditSigner?
    ) {
        self.output = output
        self.signer = signer
        chain = AuditChain(after: recovery.last, hash: hash)
        beginning = recovery
        if !output.isRemote { begin() }
    }

    /// Writes the first line, if it is not written yet: the thread of the log calls this before anything else.
    ///
    /// It goes into the file as that stands, right behind what was found there: `AuditVerification` counts by it the lines there that
    /// no checkpoint speaks for, and a line about rotation in front of it would be one of them.
    func begin() {
        guard let recovery = beginning else { return }
        // Nothing goes in front of it. Somebody far away who refuses it is not asked again.
        if write(.started(recovery)) || output.isRemote { beginning = nil }
    }

    /// Writes a record, after a line about those lost before it if there are any.
    ///
    /// - Returns: false if the system refused; nothing is in the log then.
    func write(_ body: [UInt8]) -> Bool {
        noteLoss()
        guard lost == 0, append(body, event: "exchange") else { return false }
        if let signer, unsigned >= signer.interval { checkpoint() }
        return true
    }

    /// Whether the record that was refused last is what the place can never take: its loss can be told, and it was not that line
    /// that was refused.
    var refusesForGood: Bool { lost == 0 && output.refusesForGood }

    /// Bytes of lines that are written with one call.
    private static let mostBytes = 256 << 10

    /// Writes the first of several records with one call to the system, which costs as much as for one.
    ///
    /// - Returns: how many there are in the log now; 0 if they have to be written one by one.
    func write(together bodies: some Collection<[UInt8]>) -> Int {
        guard output.longestBatch > 1, lost == 0, beginning == nil, bodies.count > 1 else { return 0 }
        let most = signer.map { min(output.longestBatch, $0.interval - unsigned) } ?? output.longestBatch
        var (fitting, bytes) = (0, 0)
        for body in bodies.prefix(max(0, most)) {
            let length = body.count + Self.linkBytes
            guard bytes + length <= Self.mostBytes else { break }
            (fitting, bytes) = (fitting + 1, bytes + length)
        }
        // Asked first: lines that are sealed before others are put away would have to be sealed again behind what rotation writes.
        let room = bytes + (signer == nil ? 0 : Self.checkpointBytes)
        guard fitting > 0, !output.wantsRotation(before: room, at: .now()) else { return 0 }
        var next = chain
        var lines: [UInt8] = []
        var count = 0
        for body in bodies.prefix(fitting) {
            guard let (line, link) = try? next.sealing(body) else { break }
            lines += line
            next = link
            count += 1
        }
        guard count > 0, output.write(lines, event: "exchange") else { return 0 }
        noteTurnedAway()
        chain = next
        unsigned += count
        if let signer, unsigned >= signer.interval { checkpoint() }
        return count
    }

    /// - Parameter records: lost since this was called last.
    func lose(_ records: Int) { lost += records }

    /// Writes the line about lost records, if there are any.
    func noteLoss() {
        if lost > 0, append(.lost(lost)) { lost = 0 }
    }

    /// Lines that were written and turned away all the same, since this was called last: a line of the log tells of them.
    func takeTurnedAway() -> Int {
        defer { away = 0 }
        return away
    }

    private func noteTurnedAway() {
        let count = output.turnedAway()
        lost += count
        away += count
    }

    /// Opens the place anew; false if that failed.
    func reopen() -> Bool { output.reopen() }

    func close() {
        noteLoss()
        _ = append(.stopped)
        checkpoint()
        output.close()
    }

    private func append(_ event: AuditEvent) -> Bool { append(event.body(at: .now()), event: event.name) }

    private func write(_ event: AuditEvent) -> Bool { write(event.body(at: .now()), event: event.name) }

    private func append(_ body: [UInt8], event: String) -> Bool {
        begin()
        guard beginning == nil else { return false }
        rotateIfDue(before: body.count + Self.linkBytes)
        return write(body, event: event)
    }

    /// Writes into the file as it stands, however full it is: what rotation itself writes must not rotate again.
    private func write(_ body: [UInt8], event: String) -> Bool {
        guard let (line, next) = try? chain.sealing(body), output.write(line, event: event) else { return false }
        noteTurnedAway()
        chain = next
        unsigned += 1
        return true
    }

    private func rotateIfDue(before bytes: Int) {
        let now = AuditTime.now()
        // The file that is put away ends in a checkpoint, for which there has to be room.
        let room = bytes + (signer == nil ? 0 : Self.checkpointBytes)
        guard output.wantsRotation(before: room, at: now) else { return }
        checkpoint()
        guard let last = chain.last, let rotation = output.rotate(after: last.sequence, at: now) else { return }
        _ = write(.rotated(rotation))
    }

    private func checkpoint() {
        guard let signer, unsigned > 0, let last = chain.last,
            let signature = try? signer.sign(AuditSigner.message(sequence: last.sequence, hash: last.hash))
        else { return }
        let event = AuditEvent.checkpoint(
            sequence: last.sequence,
            hash: last.hash,
            key: signer.keyID,
            signature: signature
        )
        if write(event) { unsigned = 0 }
    }
}
