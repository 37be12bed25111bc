/// Ends a text that comes in pieces at the first of some stop texts, holding back what may be the start of one.
struct StopFilter {
    private let stops: [String]
    private var held = ""
    private(set) var isStopped = false

    init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty } }

    /// - Returns: what can be given out.
    mutating func append(_ text: String) -> String {
        guard !isStopped else { return "" }
        held += text
        if let end = stops.compactMap({ held.firstRange(of: $0)?.lowerBound }).min() {
            isStopped = true
            defer { held = "" }
            return String(held[..<end])
        }
        // The longest tail that a stop text begins with.
        var keep = held.endIndex
        for stop in stops {
            for length in stride(from: min(stop.count - 1, held.count), to: 0, by: -1)
            where held.hasSuffix(stop.prefix(length)) {
                keep = min(keep, held.index(held.endIndex, offsetBy: -length))
                break
            }
        }
        defer { held = String(held[keep...]) }
        return String(held[..<keep])
    }

    /// What was held back, when the text has ended.
    mutating func finish() -> String {
        defer { held = "" }
        return isStopped ? "" : held
    }
}
