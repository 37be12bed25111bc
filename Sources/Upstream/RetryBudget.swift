/// How many exchanges may be tried again: a share of those that are begun, and a few beside.
///
/// Without it, an upstream that fails under load would get every request several times over.
struct RetryBudget {
    private static let most = 10.0
    /// What each exchange adds.
    private let share: Double
    private var tokens = RetryBudget.most

    init(share: Double) {
        self.share = share
    }

    mutating func exchangeBegan() {
        self.tokens = min(Self.most, self.tokens + self.share)
    }

    /// Takes one retry. False if there is none left.
    mutating func take() -> Bool {
        guard self.tokens >= 1 else { return false }
        self.tokens -= 1
        return true
    }
}
