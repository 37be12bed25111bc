/// A part of an output item that is written by deltas, and the names its events have.
enum ResponsePart: Sendable, CaseIterable {
    case outputText
    case refusal
    case summaryText
    case reasoningText

    /// What the part's `type` says.
    init?(type: String?) {
        switch type {
        case "output_text": self = .outputText
        case "refusal": self = .refusal
        case "summary_text": self = .summaryText
        case "reasoning_text": self = .reasoningText
        default: return nil
        }
    }

    /// The part that an event adds to.
    ///
    /// - Parameter event: an event's type without `.delta` or `.done`.
    init?(event: Substring) {
        guard let part = Self.allCases.first(where: { $0.event == event }) else { return nil }
        self = part
    }

    /// The lists of an item that hold parts, in the order they are written.
    static let lists = ["summary", "content"]

    /// The list of the item that it stands in.
    var list: String { self == .summaryText ? "summary" : "content" }
    /// The member that names its place in that list.
    var index: String { self == .summaryText ? "summary_index" : "content_index" }
    /// The member that holds the words.
    var text: String { self == .refusal ? "refusal" : "text" }

    /// The type of the events about its words, without the last word.
    var event: String {
        switch self {
        case .outputText: "response.output_text"
        case .refusal: "response.refusal"
        case .summaryText: "response.reasoning_summary_text"
        case .reasoningText: "response.reasoning_text"
        }
    }

    /// The type of the events about the part, without the last word.
    static func frame(list: String) -> String {
        list == "summary" ? "response.reasoning_summary_part" : "response.content_part"
    }

    var empty: JSONObject {
        switch self {
        case .outputText: ["type": .string("output_text"), "text": .string(""), "annotations": .array([])]
        case .refusal: ["type": .string("refusal"), "refusal": .string("")]
        case .summaryText: ["type": .string("summary_text"), "text": .string("")]
        case .reasoningText: ["type": .string("reasoning_text"), "text": .string("")]
        }
    }
}

/// Where a part stands in a response.
struct ResponsePlace: Sendable, Hashable {
    var item: Int
    var list: String
    var part: Int

    /// The most items of a response, and parts of a list: each may be judged by itself.
    static let limit = 1024

    /// A number from 1 that ascends as the parts are written.
    var number: Int { (item * 2 + (list == "summary" ? 0 : 1)) * Self.limit + part + 1 }

    init(item: Int, list: String, part: Int) {
        self.item = item
        self.list = list
        self.part = part
    }

    /// - Parameter number: a part's number, or 0 for the one text of an answer of our own.
    init(number: Int) {
        guard number > 0 else {
            self.init(item: 0, list: "content", part: 0)
            return
        }
        let (place, part) = (number - 1).quotientAndRemainder(dividingBy: Self.limit)
        self.init(item: place / 2, list: ResponsePart.lists[place % 2], part: part)
    }

    var path: String { "/output/\(item)/\(list)/\(part)" }
}
