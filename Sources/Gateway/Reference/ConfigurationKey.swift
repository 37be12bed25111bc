/// A key of the configuration file: its name, and what the reference says of it.
struct ConfigurationKey: Sendable {
    /// What is written behind it.
    enum Kind: Sendable {
        case text, path, address, url, number, size, time
        /// `true` or `false`.
        case flag
        case choice([String])
        case list
        case mapping
        /// A list of mappings.
        case mappings

        var words: String {
            switch self {
            case .text: "text"
            case .path: "path"
            case .address: "address"
            case .url: "URL"
            case .number: "number"
            case .size: "size"
            case .time: "time"
            case .flag: "`true`, `false`"
            case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
            case .list: "list"
            case .mapping: "mapping"
            case .mappings: "list of mappings"
            }
        }
    }

    /// What it is where it is not written.
    enum Standard: Sendable {
        /// The mapping it stands in is wrong without it.
        case required
        case none
        /// As one would write it: writing it changes nothing.
        case value(String)
        /// What depends on something else.
        case words(String)

        var words: String {
            switch self {
            case .required: "required"
            case .none: "none"
            case .value(let value): "`\(value)`"
            case .words(let words): words
            }
        }
    }

    let name: String
    let kind: Kind
    let standard: Standard
    /// Markdown.
    let meaning: String
    /// Those of the mapping behind it, or of each mapping in the list.
    let keys: [ConfigurationKey]

    init(
        _ name: String,
        _ kind: Kind,
        _ standard: Standard,
        _ meaning: String,
        keys: [ConfigurationKey] = []
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.meaning = meaning
        self.keys = keys
    }

    /// It and those below it, in order, each with its whole name: `listen.tls.key`.
    func flattened(below outer: String = "") -> [(name: String, key: ConfigurationKey)] {
        let whole = outer.isEmpty ? name : "\(outer).\(name)"
        return [(whole, self)] + keys.flatMap { $0.flattened(below: whole) }
    }
}
