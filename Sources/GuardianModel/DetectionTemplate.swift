import GuardCore
import Tokenizer

/// The token sequence around a text: `<|im_start|>user\n TEXT <|im_end|>\n<|im_start|>assistant\n<|pred|>`.
struct DetectionTemplate: Sendable {
    let prefix: [Int32]
    let suffix: [Int32]
    /// Ends a turn that is only context: `<|im_end|>\n`.
    let close: [Int32]

    init(_ words: DetectionManifest.Template, markers: DetectionManifest.Markers, _ tokenizer: Tokenizer) {
        let markup = ChatMarkup()
        prefix = [markup.startOfTurn] + tokenizer.encode(words.prefix)
        close = markup.close(tokenizer)
        suffix =
            close + [markup.startOfTurn] + tokenizer.encode(words.suffix) + [markers.pred]
    }
}

extension DetectionManifest {
    /// The template for a role: its own, or the user's.
    func template(for role: Role) -> Template? {
        templates[role.rawValue] ?? templates[Role.user.rawValue]
    }
}
