package import NIOCore

/// Two clocks of something that goes on: one for the stage it is in, one for the whole of it.
///
/// A stage changes with each piece of an answer, so moving its deadline must be cheap: a deadline that moves back only
/// changes a number, and the scheduled task finds out when it runs. For the same reason stages are numbers here, and no
/// type's own: what is generic across modules is not compiled for its types. Belongs to its event loop.
package final class StageTimer {
    package enum Expiry {
        /// By the number it was started with.
        case stage(UInt8)
        case total
    }

    /// Called on the event loop, once for each deadline that passes.
    package var onExpiry: ((Expiry) -> Void)?
    /// When the stage that was started last began.
    private(set) var stageBegan = NIODeadline.distantPast

    private let eventLoop: any EventLoop
    private var name: UInt8 = 0
    // The distant future stands for none.
    private var stageDeadline = NIODeadline.distantFuture
    private var totalDeadline = NIODeadline.distantFuture
    private var scheduledDeadline = NIODeadline.distantFuture
    private var scheduled: Scheduled<Void>?

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Starts a stage, which ends the one before it.
    package func stage(_ name: UInt8 = 0, in amount: TimeAmount) {
        self.name = name
        self.stageBegan = .now()
        self.stageDeadline = self.stageBegan + amount
        self.schedule()
    }

    /// Starts the clock of the whole.
    package func total(in amount: TimeAmount) {
        self.totalDeadline = .now() + amount
        self.schedule()
    }

    /// No stage is timed until the next one starts.
    package func clearStage() {
        self.stageDeadline = .distantFuture
    }

    /// The whole is no longer timed.
    package func clearTotal() {
        self.totalDeadline = .distantFuture
    }

    /// Nothing expires until something is timed again. What is scheduled stays scheduled: for a timer that will be used
    /// again, that is cheaper than taking it back.
    package func rest() {
        self.clearStage()
        self.clearTotal()
        self.onExpiry = nil
    }

    /// Nothing expires any more.
    package func stop() {
        self.rest()
        self.scheduled?.cancel()
        self.scheduled = nil
        self.scheduledDeadline = .distantFuture
    }

    private func schedule() {
        let next = min(self.stageDeadline, self.totalDeadline)
        guard next < self.scheduledDeadline else { return }
        self.scheduled?.cancel()
        self.scheduledDeadline = next
        self.scheduled = self.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] () -> Void in
            self?.fired()
        }
    }

    private func fired() {
        self.scheduled = nil
        self.scheduledDeadline = .distantFuture
        let now = NIODeadline.now()
        if self.totalDeadline <= now {
            self.clearTotal()
            self.onExpiry?(.total)
        } else if self.stageDeadline <= now {
            self.clearStage()
            self.onExpiry?(.stage(self.name))
        }
        self.schedule()
    }
}

@available(*, unavailable)
extension StageTimer: Sendable {}

extension StageTimer {
    /// Starts a stage by its name in this room.
    func stage(_ name: some RawRepresentable<UInt8>, in amount: TimeAmount) { self.stage(name.rawValue, in: amount) }
}
