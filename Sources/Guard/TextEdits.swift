import GuardCore
import Policy
import Rules

/// The edits of a decision, as whole new texts by place: what a dialect needs to carry them out.
package struct TextEdits: Sendable, Equatable {
    /// The new text of each edited string, by JSON Pointer.
    package var replacements: [String: String] = [:]
    /// System messages to put before the conversation, in order.
    package var steering: [String] = []

    package init() {}

    package var isEmpty: Bool { replacements.isEmpty && steering.isEmpty }
}

extension Inspection {
    /// The edits to carry out; empty unless the decision is an enforced rewrite.
    package var edits: TextEdits {
        var result = TextEdits()
        guard enforcedAction == .rewrite else { return result }
        for edit in decision.edits {
            switch edit {
            case .redact(let index, let spans):
                guard segments.indices.contains(index) else { continue }
                let segment = segments[index]
                result.replacements[segment.path] =
                    Redactor.apply(spans, toJSON: segment.text) ?? Redactor.apply(spans, to: segment.text)
            case .replace(let index, let text):
                guard segments.indices.contains(index) else { continue }
                result.replacements[segments[index].path] = text
            case .steer(let message):
                result.steering.append(message)
            }
        }
        return result
    }
}
