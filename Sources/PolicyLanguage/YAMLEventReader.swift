import CLibYAML

/// The events of a YAML stream, as libyaml's parser finds them.
enum YAMLEvent {
    case documentStart
    case scalar(String, isPlain: Bool)
    case sequenceStart
    case mappingStart
    case collectionEnd
    case alias(String)
    case streamEnd
}

/// An event, where it begins, and what YAML hangs on it.
struct MarkedYAMLEvent {
    var event: YAMLEvent
    var mark: SourceMark
    /// Scalars from the mark to the end of the event if that is on the same line, else 1.
    var length: Int
    var anchor: String?
    var tag: String?
}

/// Pulls events out of libyaml. It owns the parser and the bytes that the parser reads.
final class YAMLEventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let isReady: Bool

    /// - Parameter bytes: checked UTF-8.
    init(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        isReady = yaml_parser_initialize(parser) == 1
        if isReady {
            // Set, not guessed: libyaml would take the first bytes for a hint of UTF-16.
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
        }
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deallocate()
        input.deallocate()
    }

    /// The next event that carries anything; the ends of documents and the start of the stream are passed over.
    ///
    /// - Throws: what libyaml says is wrong, and where. There is no next event after that.
    func next() throws(Problem) -> MarkedYAMLEvent {
        while true {
            var event = yaml_event_t()
            guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw problem }
            defer { yaml_event_delete(&event) }
            if let marked = MarkedYAMLEvent(event) { return marked }
        }
    }

    private var problem: Problem {
        guard isReady, let text = parser.pointee.problem else {
            return Problem(at: SourceMark(line: 1, column: 1), "not valid YAML: out of memory")
        }
        let context = parser.pointee.context.map { String(cString: $0) }
        return YAMLSyntaxProblem(
            text: String(cString: text),
            context: context,
            mark: SourceMark(parser.pointee.problem_mark),
            start: context == nil ? nil : SourceMark(parser.pointee.context_mark),
            nextByte: nextByte
        ).problem
    }

    /// The byte at which the parser stopped. The parser counts scalars, so the continuation bytes are passed over.
    private var nextByte: UInt8? {
        let index = Int(parser.pointee.problem_mark.index)
        return input.lazy.filter { $0 & 0xC0 != 0x80 }.dropFirst(index).first
    }
}

extension MarkedYAMLEvent {
    fileprivate init?(_ event: yaml_event_t) {
        var anchor: UnsafeMutablePointer<yaml_char_t>?
        var tag: UnsafeMutablePointer<yaml_char_t>?
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: self.event = .documentStart
        case YAML_STREAM_END_EVENT: self.event = .streamEnd
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: self.event = .collectionEnd
        case YAML_ALIAS_EVENT: self.event = .alias(String(cString: event.data.alias.anchor))
        case YAML_SEQUENCE_START_EVENT:
            self.event = .sequenceStart
            (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            self.event = .mappingStart
            (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            self.event = .scalar(
                String(decoding: bytes, as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE
            )
            (anchor, tag) = (scalar.anchor, scalar.tag)
        default: return nil
        }
        mark = SourceMark(event.start_mark)
        let isOneLine = event.start_mark.line == event.end_mark.line
        length = isOneLine ? max(1, Int(event.end_mark.column) - Int(event.start_mark.column)) : 1
        self.anchor = anchor.map { String(cString: $0) }
        self.tag = tag.map { String(cString: $0).replacingPrefix("tag:yaml.org,2002:", with: "!!") }
    }
}

extension SourceMark {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with replacement: String) -> String {
        hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
    }
}
