/// Ties each line to the one before, so that a line that is changed, removed or put in shows.
///
/// A chain alone proves nothing against one who can write it anew from some line on: for that, its checkpoints are signed.
struct AuditChain {
    /// The line written last; nil before the first.
    private(set) var last: ChainLink?
    private let hash: AuditHash

    init(after last: ChainLink?, hash: @escaping AuditHash) {
        self.last = last
        self.hash = hash
    }

    /// Makes the next line.
    ///
    /// - Parameter body: a JSON object without its last brace.
    /// - Returns: the line, and what the chain is once the line is written.
    func sealing(_ body: [UInt8]) throws -> (line: [UInt8], chain: AuditChain) {
        let sequence = (last?.sequence ?? 0) + 1
        let previous = last?.hash ?? ChainLink.origin
        let sealable = ChainLink.sealable(body, sequence: sequence, previous: previous)
        let digest = try hash(sealable)
        var next = self
        next.last = ChainLink(sequence: sequence, previous: previous, hash: digest)
        return (ChainLink.line(sealable, hash: digest), next)
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits. Given by the composition root: this room knows no cryptography.
package typealias AuditHash = @Sendable ([UInt8]) throws -> String

/// Signs checkpoints.
package struct AuditSigner: Sendable {
    /// Names the public key: what verification is told to look for.
    package var keyID: String
    /// Lines between two checkpoints, at the most.
    package var interval: Int
    /// An Ed25519 signature (RFC 8032) as lower-case hexadecimal digits.
    package var sign: @Sendable ([UInt8]) throws -> String

    package init(keyID: String, interval: Int, sign: @escaping @Sendable ([UInt8]) throws -> String) {
        self.keyID = keyID
        self.interval = max(1, interval)
        self.sign = sign
    }

    /// What a checkpoint signs: that the chain's line with this number has this hash, and so all lines before it theirs.
    package static func message(sequence: UInt64, hash: String) -> [UInt8] {
        Array("guardian audit checkpoint\n\(sequence)\n\(hash)\n".utf8)
    }
}
