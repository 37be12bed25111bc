import Synchronization
import TLS

/// Where records take from what seals their texts.
///
/// It can be exchanged while the gateway runs, when its reader has another certificate.
final class ContentSealerSource: Sendable {
    private let sealer: Mutex<ContentSealer>

    init(_ sealer: ContentSealer) { self.sealer = Mutex(sealer) }

    var current: ContentSealer { sealer.withLock { $0 } }

    /// The next record is sealed with this.
    func replace(with new: ContentSealer) { sealer.withLock { $0 = new } }
}
