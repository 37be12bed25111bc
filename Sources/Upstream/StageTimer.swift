package import NIOCore

/// Two clocks of something that goes on: one for the stage it is in, one for the whole of it.
///
/// A stage changes with each piece of an answer, so moving its deadline must be cheap: a deadline that moves back only
/// changes a number, and the scheduled task finds out when it runs. Belongs to its event loop.
package final class StageTimer<Stage> {
    package enum Expiry {
        case stage(Stage)
        case total
    }

    /// Called on the event loop, once for each deadline that passes.
    package var onExpiry: ((Expiry) -> Void)?

    private let eventLoop: any EventLoop
    private var total: NIODeadline?
    private var stage: (name: Stage, deadline: NIODeadline)?
    private var scheduled: (task: Scheduled<Void>, at: NIODeadline)?

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Starts a stage, which ends the one before it.
    package func stage(_ name: Stage, in amount: TimeAmount) {
        self.stage = (name, .now() + amount)
        self.schedule()
    }

    /// Starts the clock of the whole.
    package func total(in amount: TimeAmount) {
        self.total = .now() + amount
        self.schedule()
    }

    /// No stage is timed until the next one starts.
    package func clearStage() {
        self.stage = nil
    }

    /// The whole is no longer timed.
    package func clearTotal() {
        self.total = nil
    }

    /// Nothing expires until something is timed again. What is scheduled stays scheduled: for a timer that will be used
    /// again, that is cheaper than taking it back.
    package func rest() {
        self.stage = nil
        self.total = nil
        self.onExpiry = nil
    }

    /// Nothing expires any more.
    package func stop() {
        self.stage = nil
        self.total = nil
        self.onExpiry = nil
        self.scheduled?.task.cancel()
        self.scheduled = nil
    }

    private func schedule() {
        guard let next = [self.stage?.deadline, self.total].compactMap({ $0 }).min() else { return }
        if let scheduled = self.scheduled, scheduled.at <= next { return }
        self.scheduled?.task.cancel()
        let task = self.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] () -> Void in
            self?.fired()
        }
        self.scheduled = (task, next)
    }

    private func fired() {
        self.scheduled = nil
        let now = NIODeadline.now()
        if let total = self.total, total <= now {
            self.total = nil
            self.onExpiry?(.total)
        } else if let stage = self.stage, stage.deadline <= now {
            self.stage = nil
            self.onExpiry?(.stage(stage.name))
        }
        self.schedule()
    }
}

@available(*, unavailable)
extension StageTimer: Sendable {}
