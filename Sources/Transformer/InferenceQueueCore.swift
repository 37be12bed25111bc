internal import Foundation
import Synchronization

/// The part of a queue that its thread holds on to, so that dropping the queue ends the thread.
// Unchecked: every stored variable is read and written with the condition's lock held.
final class InferenceQueueCore<State>: @unchecked Sendable {
    struct Entry: Sendable {
        let job: InferenceJob
        let compute: @Sendable (inout State) -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private let capacity: Int
    private let condition = NSCondition()
    private var entries: [Entry] = []
    private var isShutDown = false

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var waiting: Int { condition.withLock { entries.count } }

    /// Adds an entry, or fails it at once.
    func enqueue(_ entry: Entry) {
        let refusal: (any Error)? = condition.withLock {
            if isShutDown { return InferenceQueueError.shutDown }
            // A caller that was cancelled before it got here found nothing to remove.
            if let reason = entry.job.reason { return reason }
            if entries.count >= capacity { return InferenceQueueError.overloaded }
            entries.append(entry)
            condition.signal()
            return nil
        }
        if let refusal { entry.fail(refusal) }
    }

    /// Takes a waiting job out; false if it does not wait.
    func remove(_ job: InferenceJob) -> Bool {
        condition.withLock {
            guard let index = entries.firstIndex(where: { $0.job === job }) else { return false }
            entries.remove(at: index)
            return true
        }
    }

    func shutDown() {
        let dropped = condition.withLock {
            isShutDown = true
            defer { entries = [] }
            condition.signal()
            return entries
        }
        for entry in dropped { entry.fail(InferenceQueueError.shutDown) }
    }

    /// The thread's life.
    func run(_ state: consuming State) {
        while let entry = next() {
            if let reason = entry.job.reason {
                entry.fail(reason)
            } else if let deadline = entry.job.deadline, deadline <= .now {
                entry.fail(InferenceQueueError.deadlineExceeded)
            } else {
                entry.compute(&state)
            }
        }
    }

    private func next() -> Entry? {
        condition.withLock {
            while entries.isEmpty, !isShutDown { condition.wait() }
            return isShutDown ? nil : entries.removeFirst()
        }
    }
}

/// A continuation that is resumed once, by whoever comes first.
final class OneShot<R: Sendable>: Sendable {
    private let continuation = Mutex<CheckedContinuation<R, any Error>?>(nil)

    func set(_ value: CheckedContinuation<R, any Error>) { continuation.withLock { $0 = value } }
    func succeed(_ value: R) { take()?.resume(returning: value) }
    func fail(_ error: any Error) { take()?.resume(throwing: error) }

    private func take() -> CheckedContinuation<R, any Error>? {
        continuation.withLock { stored in
            defer { stored = nil }
            return stored
        }
    }
}
