import Synchronization

/// Errors that handlers on other threads met.
final class ErrorCollection: Sendable {
    private let errors = Mutex<[any Error]>([])

    var all: [any Error] { self.errors.withLock { $0 } }

    func append(_ error: any Error) {
        self.errors.withLock { $0.append(error) }
    }

    /// Waits until there are so many, at most five seconds.
    func wait(for count: Int) async throws {
        for _ in 0..<500 where self.all.count < count {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
