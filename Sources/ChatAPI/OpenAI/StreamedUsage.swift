/// How an upstream told the token counts of a streamed answer, so that they are sent on in the same way: with a choice, or
/// behind them in an event that has none. Clients that look at the first choice of each event know only what their upstream does.
///
/// It is kept as the order of the members: counts in front of the choices came with one.
extension JSONObject {
    /// Puts the choices of a streamed answer behind its other members.
    ///
    /// - Parameter hasUsageAlone: whether the counts came in an event of their own.
    mutating func setChoices(_ choices: [JSONValue], hasUsageAlone: Bool) {
        self["choices"] = .array(choices)
        guard hasUsageAlone else { return }
        let usage = self["usage"]
        self["usage"] = nil
        self["usage"] = usage
    }

    /// Whether the counts came with a choice.
    var hasUsageWithChoice: Bool {
        members.first { $0.name == "usage" || $0.name == "choices" }?.name == "usage"
    }
}
