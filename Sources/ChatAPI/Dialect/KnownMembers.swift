/// Names of members that the gateway or common upstreams act on, to be told from what a decoder that ignores letter case could
/// take for them.
struct KnownMembers: Sendable, ExpressibleByArrayLiteral {
    private let names: Set<String>
    /// The same by what such a decoder compares.
    private let byFolded: [String: String]

    init(_ names: Set<String>) {
        self.names = names
        byFolded = Dictionary(names.map { (Self.folded($0), $0) }, uniquingKeysWith: min)
    }

    init(arrayLiteral names: String...) { self.init(Set(names)) }

    /// The known name that this one differs from in letter case only; nil if there is none, or if the name is known itself.
    func variant(_ name: String) -> String? {
        names.contains(name) ? nil : byFolded[Self.folded(name)]
    }

    /// The name as a decoder that ignores letter case compares it: Go's takes the long s for an s and the Kelvin sign
    /// for a k.
    private static func folded(_ name: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\u{17F}": folded.append("s")
            case "\u{212A}": folded.append("k")
            default: folded.append(scalar)
            }
        }
        return String(folded).lowercased()
    }
}
