/// A line of the log that is not about an exchange but about the log itself.
enum AuditEvent {
    /// The gateway began to write. What it found in the file is told, so that nothing is mended in silence.
    case started(AuditRecovery)
    /// The gateway ended in good order.
    case stopped
    /// So many records could not be written since the line before: the queue was full or the system refused them.
    case lost(Int)
    /// The lines before are in a file of their own.
    case rotated(AuditRotation)
    /// The chain up to this line, signed.
    case checkpoint(sequence: UInt64, hash: String, key: String, signature: String)

    var name: String {
        switch self {
        case .started: "started"
        case .stopped: "stopped"
        case .lost: "lost"
        case .rotated: "rotated"
        case .checkpoint: "checkpoint"
        }
    }

    /// The line as JSON, without its last brace: the chain adds its link.
    func body(at time: AuditTime) -> [UInt8] {
        var json = JSONLine()
        json.object { json in
            json.key("event")
            json.string(name)
            json.key("time")
            json.string(time.rfc3339)
            switch self {
            case .started(let recovery):
                if let name = recovery.tornFile {
                    json.key("torn")
                    json.object { json in
                        json.key("file")
                        json.string(name)
                        json.key("bytes")
                        json.integer(recovery.tornBytes)
                    }
                }
                if let name = recovery.setAside {
                    json.key("set_aside")
                    json.string(name)
                }
            case .stopped: break
            case .lost(let count):
                json.key("records")
                json.integer(count)
            case .rotated(let rotation):
                json.key("file")
                json.string(rotation.file)
                json.key("removed")
                json.array { json in
                    for name in rotation.removed { json.string(name) }
                }
                if !rotation.uncompressed.isEmpty {
                    json.key("uncompressed")
                    json.array { json in
                        for name in rotation.uncompressed { json.string(name) }
                    }
                }
            case .checkpoint(let sequence, let hash, let key, let signature):
                json.key("checkpoint")
                json.object { json in
                    json.key("seq")
                    json.integer(Int(clamping: sequence))
                    json.key("hash")
                    json.string(hash)
                    json.key("key")
                    json.string(key)
                    json.key("signature")
                    json.string(signature)
                }
            }
        }
        return json.bytes.dropLast()
    }
}

/// What was found at the place where the log is to go on.
package struct AuditRecovery: Sendable, Equatable {
    /// The last line of the chain so far; nil if it begins.
    package var last: ChainLink?
    /// Where the end of a line went that was cut when the process before was killed, and how long it was.
    package var tornFile: String?
    package var tornBytes = 0
    /// The name that a file got whose last line belongs to no chain.
    package var setAside: String?

    package init() {}
}
