import Foundation

/// Holds a thread that comes to it until it is opened, once for each coming.
final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let entered = DispatchSemaphore(value: 0)

    func pass() {
        entered.signal()
        opened.wait()
    }

    /// Lets `count` pass.
    func open(_ count: Int = 1) {
        for _ in 0..<count { opened.signal() }
    }

    /// Returns when somebody stands at the gate.
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
