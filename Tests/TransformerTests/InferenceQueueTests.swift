import Foundation
import Synchronization
import Testing

@testable import Transformer

struct InferenceQueueTests {
    private struct Failure: Error {}

    /// Holds the inference thread until it is opened.
    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let entered = DispatchSemaphore(value: 0)

        func pass() {
            entered.signal()
            semaphore.wait()
        }
        func open() { semaphore.signal() }
        /// Returns when a job stands at the gate.
        func arrival() async {
            await withCheckedContinuation { continuation in
                let entered = entered
                Thread.detachNewThread {
                    entered.wait()
                    continuation.resume()
                }
            }
        }
    }

    private func waiting(_ queue: InferenceQueue<Int>, _ count: Int) async {
        while queue.waiting != count { await Task.yield() }
    }

    @Test func jobsRunInOrderOnOneThreadWithItsState() async throws {
        let queue = InferenceQueue(name: "test", capacity: 100) { 0 }
        var results: [Int] = []
        for _ in 0..<5 {
            results.append(
                try await queue.run { state, _ in
                    state += 1
                    return state
                }
            )
        }
        #expect(results == [1, 2, 3, 4, 5])
    }

    @Test func anErrorOfTheBodyReachesTheCaller() async {
        let queue = InferenceQueue(name: "test", capacity: 1) { 0 }
        await #expect(throws: Failure.self) { try await queue.run { _, _ in throw Failure() } }
    }

    @Test func aFullQueueAnswersOverloadedAtOnce() async throws {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        let gate = Gate()
        async let first: Void = queue.run { _, _ in gate.pass() }
        await gate.arrival()
        async let second = queue.run { _, _ in 2 }
        async let third = queue.run { _, _ in 3 }
        await waiting(queue, 2)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await #expect(throws: InferenceQueueError.overloaded) { try await queue.run { _, _ in 4 } }
                }
            }
        }
        gate.open()
        try await first
        #expect(try await [second, third] == [2, 3])
    }

    @Test func aWaitingJobLeavesWhenItsDeadlinePasses() async throws {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        let gate = Gate()
        async let first: Void = queue.run { _, _ in gate.pass() }
        await gate.arrival()
        await #expect(throws: InferenceQueueError.deadlineExceeded) {
            try await queue.run(deadline: .now + .milliseconds(20)) { _, _ in 2 }
        }
        #expect(queue.waiting == 0)
        gate.open()
        try await first
    }

    @Test func aRunningJobSeesItsDeadlinePass() async {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        await #expect(throws: InferenceQueueError.deadlineExceeded) {
            try await queue.run(deadline: .now + .milliseconds(20)) { _, job in
                while !job.isCancelled { Thread.sleep(forTimeInterval: 0.001) }
                throw SessionError.cancelled
            }
        }
    }

    @Test func aCancelledCallerLeavesTheQueue() async throws {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        let gate = Gate()
        async let first: Void = queue.run { _, _ in gate.pass() }
        await gate.arrival()
        let task = Task { try await queue.run { _, _ in 2 } }
        await waiting(queue, 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(queue.waiting == 0)
        gate.open()
        try await first
    }

    @Test func aCancelledTaskIsNotQueued() async {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await queue.run { _, _ in 2 }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func shuttingDownFailsWhatWaitsAndWhatComes() async throws {
        let queue = InferenceQueue(name: "test", capacity: 2) { 0 }
        let gate = Gate()
        async let first: Void = queue.run { _, _ in gate.pass() }
        await gate.arrival()
        let task = Task { try await queue.run { _, _ in 2 } }
        await waiting(queue, 1)
        queue.shutDown()
        await #expect(throws: InferenceQueueError.shutDown) { try await task.value }
        await #expect(throws: InferenceQueueError.shutDown) { try await queue.run { _, _ in 3 } }
        gate.open()
        try await first
    }
}
