/// An operation of a dialect that Guardian knows how to read.
package enum Endpoint: String, Sendable, CaseIterable {
    /// `POST /v1/chat/completions`
    case chatCompletions = "openai.chat"
    /// `GET /v1/models` and `GET /v1/models/{name}`: no text of the caller, passed on as it is.
    case models = "openai.models"

    /// The operation that a request asks for; nil if it is none that is known.
    ///
    /// - Parameter path: the path as it stands in the request, with or without a query. It is compared as it is: a path that
    ///   needs decoding to be recognised is not recognised.
    package init?(method: String, path: String) {
        let path = path.prefix { $0 != "?" }
        switch (method, path) {
        case ("POST", "/v1/chat/completions"): self = .chatCompletions
        case ("GET", "/v1/models"), ("HEAD", "/v1/models"): self = .models
        case ("GET", _) where Self.isModel(path): self = .models
        default: return nil
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
