import Foundation
import Synchronization
import Testing

@testable import Audit

/// A hash for this process only, as 64 digits. The real one is another room's; what matters here is what it is taken over.
let testHash: AuditHash = { bytes in
    (0..<4).map { word in
        var hasher = Hasher()
        hasher.combine(word)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        let digits = String(UInt64(bitPattern: Int64(hasher.finalize())), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
}

/// Signs by hashing with a secret.
func testSignature(_ message: [UInt8]) -> String { (try? testHash(Array("secret".utf8) + message)) ?? "" }

/// Keeps the lines it is given; can be told to refuse them, or to stand still.
final class MemoryOutput: AuditOutput, Sendable {
    private struct State {
        var lines: [String] = []
        var refusals = 0
        var refused = 0
        var longest = Int.max
        var refusesForGood = false
        var isHeld = false
        var isWaiting = false
        var shut = 0
        var reopenings = 0
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }
    /// The kinds of the lines.
    var events: [String] {
        lines.map { line in String(line.dropFirst(#"{"event":""#.count).prefix { $0 != "\"" }) }
    }

    /// Whether a line waits because it is held.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    /// How many lines were refused that were not too long.
    var refused: Int { state.withLock { $0.refused } }

    /// How often it was opened anew.
    var reopenings: Int { state.withLock { $0.reopenings } }

    func refuse(_ count: Int) { state.withLock { $0.refusals = count } }
    /// Lets itself not be opened anew so many times.
    func shut(_ count: Int) { state.withLock { $0.shut = count } }
    /// Opened anew it refuses no more.
    func reopen() -> Bool {
        state.withLock { state in
            guard state.shut == 0 else {
                state.shut -= 1
                return false
            }
            state.refusals = 0
            state.reopenings += 1
            return true
        }
    }
    /// Refuses longer lines for good.
    func limit(_ longest: Int) { state.withLock { $0.longest = longest } }
    var refusesForGood: Bool { state.withLock { $0.refusesForGood } }
    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    func write(_ line: [UInt8], event: String) -> Bool {
        while state.withLock({
            $0.isWaiting = $0.isHeld; return $0.isHeld
        }) { usleep(200) }
        return state.withLock { state in
            state.refusesForGood = line.count > state.longest
            if state.refusesForGood { return false }
            if state.refusals > 0 {
                state.refusals -= 1
                state.refused += 1
                return false
            }
            state.lines.append(String(decoding: line, as: UTF8.self))
            return true
        }
    }

    func close() {}
}

/// Somebody far away, who takes whole batches and turns some lines away. Its first write waits until it is let go.
final class RemoteOutput: AuditOutput, Sendable {
    private struct State {
        var batches: [String] = []
        var turnedAway: [Int]
        var isHeld = true
    }

    private let state: Mutex<State>

    /// - Parameter turnedAway: lines of each write, in its order; none of further ones.
    init(turnedAway: [Int] = []) { state = Mutex(State(turnedAway: turnedAway)) }

    /// What came together.
    var batches: [String] { state.withLock { $0.batches } }

    func letGo() { state.withLock { $0.isHeld = false } }

    var longestBatch: Int { 512 }
    var isRemote: Bool { true }

    func write(_ line: [UInt8], event: String) -> Bool {
        while state.withLock({ $0.isHeld }) { usleep(200) }
        state.withLock { $0.batches.append(String(decoding: line, as: UTF8.self)) }
        return true
    }

    func turnedAway() -> Int { state.withLock { $0.turnedAway.isEmpty ? 0 : $0.turnedAway.removeFirst() } }

    func close() {}
}

/// Waits until something is so; fails after half a minute.
func eventually(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let limit = ContinuousClock.now + .seconds(30)
    while !condition() {
        guard ContinuousClock.now < limit else {
            Issue.record("it never came to be", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}
