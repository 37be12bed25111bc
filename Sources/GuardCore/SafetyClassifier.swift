/// Scores text. The model inside the proxy is one; a remote engine is another.
package protocol SafetyClassifier: Sendable {
    /// Scores each text on its own.
    ///
    /// - Parameters:
    ///   - texts: what to read; the role is part of the input.
    ///   - deadline: when the answer is of no use any more.
    /// - Returns: one assessment per text, in order.
    /// - Throws: `ClassifierError`.
    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment]

    /// Whether a text's context is read with it. If not, giving one changes nothing.
    var readsContext: Bool { get }

    /// The categories that it scores in a text of this role. The scores of others are zero and say nothing.
    func categories(of role: Role) -> Set<HarmCategory>
}

extension SafetyClassifier {
    package var readsContext: Bool { false }

    package func categories(of role: Role) -> Set<HarmCategory> { Set(HarmCategory.allCases) }
}

/// One text to score, whose words it holds, and what was said before it.
package struct ClassifierInput: Sendable, Hashable {
    /// An earlier turn of the conversation.
    package struct Turn: Sendable, Hashable {
        package var role: Role
        package var text: String

        package init(role: Role, text: String) {
            self.role = role
            self.text = text
        }

        package static func == (left: Turn, right: Turn) -> Bool {
            left.role == right.role && left.text.isSpelled(as: right.text)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(role)
            text.hashSpelling(into: &hasher)
        }
    }

    package var role: Role
    package var text: String
    /// Turns before the text, oldest first: read with it, not scored themselves. An engine may read less of them, or none.
    package var context: [Turn]

    package init(role: Role, text: String, context: [Turn] = []) {
        self.role = role
        self.text = text
        self.context = context
    }

    package static func == (left: ClassifierInput, right: ClassifierInput) -> Bool {
        left.role == right.role && left.text.isSpelled(as: right.text) && left.context == right.context
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        text.hashSpelling(into: &hasher)
        hasher.combine(context)
    }
}

/// Texts are told apart by their bytes. Swift's own comparison takes two spellings of a character for the same, and its hash brings
/// the text into one form for that, which takes a second for ten megabytes.
extension String {
    fileprivate func isSpelled(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (own, their) = (self, other)
        return own.withUTF8 { bytes in
            their.withUTF8 { bytes.baseAddress == $0.baseAddress || bytes.elementsEqual($0) }
        }
    }

    fileprivate func hashSpelling(into hasher: inout Hasher) {
        var own = self
        own.withUTF8 { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}

/// Why a text could not be scored. All of them are this side's fault, never the caller's.
package enum ClassifierError: Error, Sendable, Hashable {
    /// The queue in front of the model is full.
    case overloaded
    /// The deadline passed before the text was scored.
    case deadlineExceeded
    /// The engine failed; the text says how.
    case failed(String)
}
