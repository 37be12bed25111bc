/// Something wrong with a policy text, before it is joined with the file's name and the line it is about.
struct Problem: Error, Equatable {
    var mark: SourceMark
    /// How many scalars the caret line underlines, at least 1.
    var length: Int
    var message: String
    var hint: String?

    init(at mark: SourceMark, length: Int = 1, _ message: String, hint: String? = nil) {
        self.mark = mark
        self.length = length
        self.message = message
        self.hint = hint
    }

    init(_ node: YAMLNode, _ message: String, hint: String? = nil) {
        self.init(at: node.mark, length: node.length, message, hint: hint)
    }
}
