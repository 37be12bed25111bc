/// What is known of a request before it is judged, and a policy may tell requests apart by.
package struct RequestScope: Sendable, Hashable {
    /// The request's path without its query, and the name of the API that it belongs to.
    package var routes: [String]
    /// The LLM that is asked for; nil until the body was read.
    package var model: String?
    /// Whom the request is made for; nil if nobody said.
    package var tenant: String?

    package init(routes: [String] = [], model: String? = nil, tenant: String? = nil) {
        self.routes = routes
        self.model = model
        self.tenant = tenant
    }
}

/// Which requests something holds for: those that fit everything that is said.
package struct ScopePattern: Sendable, Hashable {
    /// Of each, any has to fit; empty fits every request.
    package var routes: [WordPattern]
    package var models: [WordPattern]
    package var tenants: [WordPattern]

    package init(routes: [WordPattern] = [], models: [WordPattern] = [], tenants: [WordPattern] = []) {
        self.routes = routes
        self.models = models
        self.tenants = tenants
    }

    package func fits(_ scope: RequestScope) -> Bool {
        Self.fit(routes, scope.routes) && Self.fit(models, [scope.model].compactMap { $0 })
            && Self.fit(tenants, [scope.tenant].compactMap { $0 })
    }

    private static func fit(_ patterns: [WordPattern], _ words: [String]) -> Bool {
        patterns.isEmpty || patterns.contains { pattern in words.contains { pattern.fits($0) } }
    }

    /// How narrowly requests are meant: by more conditions, then by more of them without a `*`.
    package var specificity: Int {
        let conditions = [routes, models, tenants].filter { !$0.isEmpty }
        return conditions.count * 4 + conditions.count { $0.allSatisfy(\.isExact) }
    }
}

/// A word in which `*` stands for any characters, or none. Letter case counts.
package struct WordPattern: Sendable, Hashable {
    package let text: String
    private let parts: [[UInt8]]

    package init(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    package var isExact: Bool { parts.count == 1 }

    /// In time that grows with the word and the pattern: each part is looked for once, from where the last one ended.
    package func fits(_ word: String) -> Bool {
        let bytes = Array(word.utf8)
        guard let first = parts.first, let last = parts.last, !isExact else { return bytes == parts.first ?? [] }
        guard bytes.starts(with: first), bytes.count >= first.count + last.count,
            bytes.suffix(last.count).elementsEqual(last)
        else { return false }
        var rest = bytes[first.count..<bytes.count - last.count]
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let start = rest.firstRange(of: part)?.upperBound else { return false }
            rest = rest[start...]
        }
        return true
    }
}
