/// One error of a policy file: where it is, what is wrong, and what to do about it.
package struct PolicyDiagnostic: Sendable, Hashable, Codable {
    package var file: String
    /// Nil where the error is about the file as a whole.
    package var mark: SourceMark?
    package var message: String
    /// What to do, where that can be guessed.
    package var hint: String?
    /// The line that the error is in, cut to a window around it, with the carets under it; nil without a mark.
    package var excerpt: Excerpt?

    /// A line of the file and where to look in it.
    package struct Excerpt: Sendable, Hashable, Codable {
        package var text: String
        /// Spaces and carets that stand under the text.
        package var carets: String
    }

    init(file: String, mark: SourceMark? = nil, message: String, hint: String? = nil, excerpt: Excerpt? = nil) {
        self.file = file
        self.mark = mark
        self.message = message
        self.hint = hint
        self.excerpt = excerpt
    }
}

extension PolicyDiagnostic: CustomStringConvertible {
    /// `file:line:column: error: message`, the line with carets under the place, and the hint: one to four lines.
    package var description: String {
        let place = mark.map { "\(file):\($0.line):\($0.column)" } ?? file
        var lines = ["\(place): error: \(message)"]
        if let mark, let excerpt {
            let number = String(mark.line)
            lines.append("  \(number) | \(excerpt.text)")
            lines.append("  \(String(repeating: " ", count: number.count)) | \(excerpt.carets)")
        }
        if let hint { lines.append("  hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
