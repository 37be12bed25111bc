package import GuardCore

/// A text, and what a policy is expected to decide about it.
package struct PolicyCase: Sendable, Equatable {
    /// For people and reports; may be empty.
    package var id: String
    package var phase: Phase
    /// Whose words the text holds.
    package var role: Role
    package var text: String
    package var expectation: Expectation

    /// What has to hold for the case to pass.
    package struct Expectation: Sendable, Equatable {
        /// The action of the decision; nil is allow.
        package var action: Action?
        /// Categories that have to be among those found.
        package var categories: Set<HarmCategory>
        /// Ids of rules that have to match.
        package var rules: Set<String>
        /// The text that is forwarded after the edits; nil where it does not matter.
        package var text: String?

        package init(
            action: Action?,
            categories: Set<HarmCategory> = [],
            rules: Set<String> = [],
            text: String? = nil
        ) {
            self.action = action
            self.categories = categories
            self.rules = rules
            self.text = text
        }
    }

    /// - Parameter role: the user's on input and the assistant's on output, unless given.
    package init(
        id: String = "",
        phase: Phase = .input,
        role: Role? = nil,
        text: String,
        expectation: Expectation
    ) {
        self.id = id
        self.phase = phase
        self.role = role ?? (phase == .input ? .user : .assistant)
        self.text = text
        self.expectation = expectation
    }
}

/// A file of harmless texts, and how many decisions about them are still fine.
package struct BenignCorpus: Sendable, Equatable {
    /// A file with a text a line, or JSON lines with `text`.
    package var file: String
    package var phase: Phase
    package var role: Role
    /// How many of the file's texts are read, from its beginning; nil is all.
    package var lines: Int?
    /// The most texts that may be decided about.
    package var limit: Int
    /// The weakest action that counts.
    package var action: Action

    /// - Parameter role: the user's on input and the assistant's on output, unless given.
    package init(
        file: String,
        phase: Phase = .input,
        role: Role? = nil,
        lines: Int? = nil,
        limit: Int,
        action: Action = .log
    ) {
        self.file = file
        self.phase = phase
        self.role = role ?? (phase == .input ? .user : .assistant)
        self.lines = lines
        self.limit = limit
        self.action = action
    }
}
