/// A place in a trace, as the fields `traceparent` and `tracestate` tell it.
///
/// Source: W3C Trace Context, level 1 (Recommendation of 23 November 2021); section numbers are its own.
package struct TraceContext: Sendable, Equatable {
    /// Bytes of a `tracestate` that are kept; section 3.3.1.5 asks for no more. A longer one is dropped whole.
    package static let stateLimit = 512
    /// Members of a `tracestate` (3.3.1.1).
    private static let stateMembers = 32

    package var traceID: TraceID
    /// The span that whoever gets this is a child of.
    package var spanID: SpanID
    /// Whether the caller may have recorded its part.
    package var isSampled: Bool
    /// What tracing systems tell one another; passed on unread.
    package var state: String?

    package init(traceID: TraceID, spanID: SpanID, isSampled: Bool, state: String? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// Reads the fields of a request. nil if there is not exactly one valid `traceparent`: a trace begins then, and the
    /// `tracestate` is not looked at (4.3).
    package init?(parents: [String], states: [String]) {
        guard parents.count == 1, let parent = parents.first, let read = Self.read(Array(parent.utf8)) else {
            return nil
        }
        self = read
        state = Self.state(states)
    }

    /// `00-TRACE-PARENT-FLAGS`.
    package var parent: String {
        String(unsafeUninitializedCapacity: 55) { text in
            text.initialize(repeating: UInt8(ascii: "0"))
            for place in [2, 35, 52] { text[place] = UInt8(ascii: "-") }
            Hexadecimal.write(traceID.high, to: text, at: 3)
            Hexadecimal.write(traceID.low, to: text, at: 19)
            Hexadecimal.write(spanID.value, to: text, at: 36)
            if isSampled { text[54] = UInt8(ascii: "1") }
            return 55
        }
    }

    /// Section 3.2.2. A version that is not known yet is read as far as it must begin like this one (4.3).
    private static func read(_ bytes: [UInt8]) -> TraceContext? {
        guard bytes.count >= 55, [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = Hexadecimal.value(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version > 0 && bytes[55] == UInt8(ascii: "-")),
            let high = Hexadecimal.value(bytes[3..<19]), let low = Hexadecimal.value(bytes[19..<35]),
            let trace = TraceID(high: high, low: low),
            let span = Hexadecimal.value(bytes[36..<52]).flatMap(SpanID.init),
            let flags = Hexadecimal.value(bytes[53..<55])
        else { return nil }
        return TraceContext(traceID: trace, spanID: span, isSampled: flags & 1 == 1)
    }

    /// Section 3.3.1: a list of `key=value`; several fields are one list. nil if it is empty or cannot be right.
    private static func state(_ fields: [String]) -> String? {
        let list = fields.joined(separator: ",")
        guard list.utf8.count <= stateLimit else { return nil }
        let members = list.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
        guard !members.isEmpty, members.count <= stateMembers,
            members.allSatisfy({ member in
                member.utf8.allSatisfy { (0x20...0x7E).contains($0) }
                    && member.firstIndex(of: "=").map { $0 != member.startIndex } == true
            })
        else { return nil }
        return members.joined(separator: ",")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
