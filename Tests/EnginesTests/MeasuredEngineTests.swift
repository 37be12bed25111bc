import GuardCore
import Synchronization
import Testing

@testable import Engines

@Suite struct MeasuredEngineTests {
    /// Fails, or waits until it is called off.
    private struct Failing: SafetyClassifier {
        var failure: ClassifierError?

        func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
            if let failure { throw failure }
            try await Task.sleep(for: .seconds(3600))
            return texts.map { _ in Assessment.none }
        }
    }

    private static let text = ClassifierInput(role: .user, text: "x")

    @Test func `a call that fails is told with its failure`() async {
        let told = Mutex<[String]>([])
        let engine = MeasuredEngine(Failing(failure: .overloaded)) { failure, _ in
            told.withLock { $0.append(failure?.word ?? "scored") }
        }
        await #expect(throws: ClassifierError.overloaded) {
            try await engine.classify([Self.text], deadline: nil)
        }
        #expect(told.withLock { $0 } == ["overloaded"])
    }

    @Test func `a call that was called off is not told as a failure`() async {
        let told = Mutex<[String]>([])
        let engine = MeasuredEngine(Failing()) { failure, _ in
            told.withLock { $0.append(failure?.word ?? "scored") }
        }
        let judging = Task { try await engine.classify([Self.text], deadline: nil) }
        judging.cancel()
        await #expect(throws: ClassifierError.self) { try await judging.value }
        #expect(told.withLock { $0 } == [])
    }
}
