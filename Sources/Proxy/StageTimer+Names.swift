import NIOCore
import Upstream

extension StageTimer {
    /// Starts a stage by its name in this room.
    func stage(_ name: some RawRepresentable<UInt8>, in amount: TimeAmount) { self.stage(name.rawValue, in: amount) }
}
