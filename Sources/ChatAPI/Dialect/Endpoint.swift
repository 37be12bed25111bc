/// An operation that Guardian knows: what is done with its texts, and by which dialect.
package enum Endpoint: Sendable {
    /// Request and answer are read in a dialect and judged.
    case guarded(any Dialect)
    /// No text of the caller: passed on as it is. The name is for audit records.
    case passed(name: String)

    /// The operation that a request asks for; nil if it is none that is known.
    ///
    /// - Parameter path: the path as it stands in the request, with or without a query. It is compared as it is: a path that
    ///   needs decoding to be recognised is not recognised.
    package init?(method: String, path: String) {
        let path = path.prefix { $0 != "?" }
        switch (method, path) {
        case ("POST", "/v1/chat/completions"): self = .guarded(ChatCompletions())
        case ("GET", "/v1/models"), ("HEAD", "/v1/models"): self = .passed(name: "openai.models")
        case ("GET", _) where Self.isModel(path): self = .passed(name: "openai.models")
        default: return nil
        }
    }

    /// What audit records call it.
    package var name: String {
        switch self {
        case .guarded(let dialect): dialect.name
        case .passed(let name): name
        }
    }

    private static func isModel(_ path: Substring) -> Bool {
        let prefix = "/v1/models/"
        let name = path.dropFirst(prefix.count)
        return path.hasPrefix(prefix) && !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
