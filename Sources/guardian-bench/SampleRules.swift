import GuardCore
import Policy

/// Rules as people write them, each about a word of its own that no text holds.
enum SampleRules {
    static func make(_ count: Int) -> [Rule] {
        (0..<count).map { index in
            Rule(
                id: "sample-\(index)",
                category: .privacy,
                matchers: [matcher(index, name(index))],
                action: .log
            )
        }
    }

    private static func matcher(_ index: Int, _ name: String) -> Matcher {
        switch index % 5 {
        case 0: .keyword("\(name) project")
        case 1: .regex(pattern: #"\b\#(name)-[A-Za-z0-9]{20}\b"#, ignoreCase: false)
        case 2:
            .regex(pattern: #"\b(?:open|read|show) (?:the |all )?\#(name) (?:file|folder)s?\b"#, ignoreCase: true)
        case 3: .regex(pattern: #"\#(name)\s*[:=]\s*\S{8,}"#, ignoreCase: false)
        default: .regex(pattern: #"\b\#(name)_[a-f0-9]{32}\b"#, ignoreCase: false)
        }
    }

    /// Syllables, different for each number below 8,000.
    private static func name(_ index: Int) -> String {
        let syllables = [
            "ka", "zo", "vu", "xe", "mi", "qua", "dro", "ple", "sni", "tru", "bo", "fra", "gle", "hy", "jo", "wi", "ny",
            "chu", "vre", "zi",
        ]
        return [index % 20, index / 20 % 20, index / 400 % 20, 3].map { syllables[$0] }.joined()
    }
}
