/// Something wrong with a policy text, before it is joined with the file's name and the line it is about.
package struct Problem: Error, Equatable {
    package var mark: SourceMark
    /// How many scalars the caret line underlines, at least 1.
    package var length: Int
    package var message: String
    package var hint: String?

    package init(at mark: SourceMark, length: Int = 1, _ message: String, hint: String? = nil) {
        self.mark = mark
        self.length = length
        self.message = message
        self.hint = hint
    }

    package init(_ node: YAMLNode, _ message: String, hint: String? = nil) {
        self.init(at: node.mark, length: node.length, message, hint: hint)
    }
}
