package import GuardCore

/// What is to be done with one phase of an exchange, and why.
package struct Decision: Sendable, Equatable {
    /// The strictest action of all findings; nil is allow.
    package var action: Action?
    /// Every reason, strictest first, then in taxonomy order, then rules before the model before failures, then by segment.
    package var findings: [Finding]
    /// The edits to make, where the action is `rewrite`: at most one a segment, by segment, then the steering messages.
    package var edits: [Edit]
    /// What the placeholders of masked spans stand for, to be put back into the answer.
    package var restorations: [Restoration]
    /// How the caller is answered and about what, where the action is `block`.
    package var reply: Reply?
    /// True in shadow mode: recorded, not acted on.
    package var isShadow: Bool

    /// The safeguard response that a block calls for.
    package struct Reply: Sendable, Equatable {
        package var category: HarmCategory
        package var style: ResponseStyle
        /// True where a rule decided and not the model.
        package var isForced: Bool
        /// Index of the segment that decided; nil if none did (a failure).
        package var segment: Int?
        /// True where nothing was found and a failure mode blocks: the text could not be judged. The caller is told that,
        /// and is not told that the text is harmful; `category` then only names whose failure mode it was.
        package var isFailure: Bool

        package init(
            category: HarmCategory,
            style: ResponseStyle,
            isForced: Bool,
            segment: Int?,
            isFailure: Bool = false
        ) {
            self.category = category
            self.style = style
            self.isForced = isForced
            self.segment = segment
            self.isFailure = isFailure
        }
    }

    /// A placeholder that went to the LLM, and the caller's words that it stands for.
    package struct Restoration: Sendable, Equatable {
        package var placeholder: String
        package var original: String

        package init(placeholder: String, original: String) {
            self.placeholder = placeholder
            self.original = original
        }
    }

    /// One change to the text.
    package enum Edit: Sendable, Equatable {
        /// UTF-8 offsets into the segment's text, ascending and disjoint, each with its placeholder.
        case redact(segment: Int, spans: [(span: Range<Int>, placeholder: String)])
        case replace(segment: Int, text: String)
        /// A system message to put before the conversation.
        case steer(message: String)

        package static func == (lhs: Edit, rhs: Edit) -> Bool {
            switch (lhs, rhs) {
            case (.redact(let a, let x), .redact(let b, let y)):
                a == b && x.elementsEqual(y) { $0.span == $1.span && $0.placeholder == $1.placeholder }
            case (.replace(let a, let x), .replace(let b, let y)): a == b && x == y
            case (.steer(let a), .steer(let b)): a == b
            default: false
            }
        }
    }

    package init(
        action: Action? = nil,
        findings: [Finding] = [],
        edits: [Edit] = [],
        restorations: [Restoration] = [],
        reply: Reply? = nil,
        isShadow: Bool = false
    ) {
        self.action = action
        self.findings = findings
        self.edits = edits
        self.restorations = restorations
        self.reply = reply
        self.isShadow = isShadow
    }

    /// Categories of all findings, each once, in taxonomy order.
    package var categories: [HarmCategory] { Set(findings.map(\.category)).sorted() }
}
