/// Which of several servers gets the next exchange of one event loop: the one with the fewest under way for its weight.
///
/// Servers that are equally loaded take turns, so that one exchange at a time does not always go to the first.
struct ServerChoice {
    private let weights: [Int]
    private var active: [Int]
    private var last: Int

    /// - Parameter weights: each at least 1; there is at least one.
    init(weights: [Int]) {
        self.weights = weights.map { max(1, $0) }
        self.active = Array(repeating: 0, count: weights.count)
        self.last = weights.count - 1
    }

    /// Exchanges under way with a server.
    func load(of server: Int) -> Int { self.active[server] }

    /// Chooses a server and counts one more exchange with it, until `end(_:)`.
    ///
    /// - Parameters:
    ///   - tried: servers that the same exchange has tried; one of them is chosen only if there is no other.
    ///   - isAvailable: whether a server is thought to work. Where none is, all are asked: better a try than none.
    mutating func begin(avoiding tried: Set<Int> = [], isAvailable: (Int) -> Bool) -> Int {
        let server =
            self.least { !tried.contains($0) && isAvailable($0) } ?? self.least { !tried.contains($0) }
            ?? self.least(isAvailable) ?? self.least { _ in true } ?? 0
        self.active[server] += 1
        self.last = server
        return server
    }

    mutating func end(_ server: Int) {
        self.active[server] -= 1
    }

    private func least(_ isCandidate: (Int) -> Bool) -> Int? {
        var best: Int?
        for step in 1...self.weights.count {
            let server = (self.last + step) % self.weights.count
            guard isCandidate(server) else { continue }
            guard let found = best else {
                best = server
                continue
            }
            // (active + 1) / weight, without the division.
            if (self.active[server] + 1) * self.weights[found] < (self.active[found] + 1) * self.weights[server] {
                best = server
            }
        }
        return best
    }
}
