import GuardCore
import Policy
import Rules

extension FuzzTarget {
    /// Whatever the text, every view is UTF-8, within its limits, and knows where its bytes come from.
    static func readViews(_ input: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: input, as: UTF8.self)
        let count = text.utf8.count
        let views = TextViews(text)
        precondition(views.views[0].text.utf8.elementsEqual(text.utf8), "the first view is not the text")
        precondition(views.modelViews.count <= TextViews.modelLimit, "the model reads too much")
        precondition(!views.modelViews.isEmpty, "the model reads nothing")
        precondition(
            views.views.count <= 3 + 3 * (TextViews.hiddenLimit + 1) * TextViews.decodingDepth,
            "there are too many views"
        )
        for view in views.views {
            precondition(view.text.utf8.elementsEqual(view.bytes), "a view is not UTF-8")
            precondition(view.encodings.count <= TextViews.decodingDepth, "a view lies too deep")
            let places = [0, 1, view.bytes.count / 2, view.bytes.count - 1].filter(view.bytes.indices.contains)
            for start in places {
                let source = view.source(of: start..<start + 1)
                precondition(!source.isEmpty && source.lowerBound >= 0, "a byte comes from nowhere")
                precondition(source.upperBound <= count, "a byte comes from behind the text")
            }
        }
        let matches = RuleTrial.shipped.matches(in: [RuleTrial.segment(text)], views: [views], phase: .input)
        for match in matches {
            precondition(!match.span.isEmpty && match.span.upperBound <= count, "a match is outside the text")
        }
        return true
    }

    /// A pattern, a line feed and a text: what is found does not depend on what is skipped.
    static func match(_ input: UnsafeRawBufferPointer) -> Bool {
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let pattern = String(validating: parts[0], as: UTF8.self) else { return false }
        let rule = RuleTrial.rule([.regex(pattern: pattern, ignoreCase: pattern.utf8.count % 2 == 1)])
        guard let quick = try? RuleSet([rule]), let slow = try? RuleSet([rule], isFiltered: false) else { return false }
        let segment = RuleTrial.segment(String(decoding: parts[1], as: UTF8.self))
        precondition(
            quick.matches(in: [segment], phase: .input) == slow.matches(in: [segment], phase: .input),
            "the prefilter loses a match"
        )
        return true
    }
}

/// Rules to match with.
enum RuleTrial {
    static func rule(_ matchers: [Matcher]) -> Rule {
        Rule(id: "r", category: .privacy, matchers: matchers, action: .log)
    }

    static func segment(_ text: String) -> TextSegment { TextSegment(path: "", role: .user, text: text) }

    /// One of each kind.
    static let shipped: RuleSet = {
        do {
            return try RuleSet([
                rule([
                    .keyword("password"), .keyword("密码"),
                    .regex(pattern: #"\bopen\s+the\s+\w+"#, ignoreCase: true),
                    .regex(pattern: #"\b\d{4}(?:[ -]?\d{4}){3}\b"#, ignoreCase: false, checksum: .luhn),
                    .regex(pattern: "(a|b)*c{2,5}", ignoreCase: false),
                ])
            ])
        } catch {
            preconditionFailure("the rules are wrong: \(error)")
        }
    }()
}

extension FuzzSeeds {
    static let views = [
        "plain words", "k.i.l.l and k 1 l l, p@ssw0rd", "раssword ｗｏｒｄ", "b3BlbiB0aGUgcG9kIGRvb3I=",
        "N5YGK3RAORUGKIDQN5SCAZDPN5ZA====", "6f70656e2074686520706f6420646f6f72", "%6f%70%65%6e%20the",
        "&#111;&#x70;&#101;n", #"\u006f\u0070\u{65}n"#, "bcra gur ynetr qbbe jvgu n xrl",
        "rood egral eht nepo ot yek a esu",
        "pass\u{E0041}\u{200B}w\u{336}ord 4111 1111 1111 1111", "p**ass**w<b>or</b>d bo\nmb",
    ]

    static let patterns = [
        "open|read\nplease OPEN the door", "(a+)+b\naaaaaaaaaaaab", #"\bcat\b"# + "\nconcat cat",
        "[^a-y]{2,}z?\nzzzz é",
        "(?i)x\\s*=\\s*\\w{3,}\nX =  abcd",
    ]
}
