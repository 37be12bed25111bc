/// The text of a policy file, checked to be UTF-8 without control characters, cut into lines for diagnostics.
struct SourceText {
    let file: String
    /// Without a byte order mark.
    let bytes: [UInt8]
    private let lines: [Substring.UnicodeScalarView]

    /// - Throws: the first `Problem` that makes this no text at all.
    init(bytes: [UInt8], file: String, maximumBytes: Int) throws(PolicyError) {
        self.file = file
        let utf8Mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        self.bytes = bytes.starts(with: utf8Mark) ? Array(bytes.dropFirst(utf8Mark.count)) : bytes
        let text = String(decoding: self.bytes.prefix(maximumBytes), as: UTF8.self)
        lines = Self.lines(of: text)
        if bytes.count > maximumBytes {
            throw invalid(
                "the file has more than \(maximumBytes) bytes",
                hint: "a policy is a short text: is this the right file?"
            )
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw invalid("the file is not UTF-8 but looks like UTF-16", hint: "save it as UTF-8")
        }
        if let problem = Self.firstProblem(in: self.bytes) {
            throw error([problem])
        }
    }

    /// The error that the problems make, in the order of the file.
    ///
    /// - Parameter maximum: how many are told; the number of the rest is told instead of them.
    func error(_ problems: [Problem], maximum: Int = 100) -> PolicyError {
        let ordered = problems.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }
        var diagnostics = ordered.prefix(maximum).map { diagnostic($0.element) }
        if ordered.count > maximum {
            diagnostics.append(PolicyDiagnostic(file: file, message: "and \(ordered.count - maximum) more errors"))
        }
        return PolicyError(kind: .invalid, diagnostics: diagnostics)
    }

    private func invalid(_ message: String, hint: String) -> PolicyError {
        PolicyError(kind: .invalid, diagnostics: [PolicyDiagnostic(file: file, message: message, hint: hint)])
    }

    private func diagnostic(_ problem: Problem) -> PolicyDiagnostic {
        PolicyDiagnostic(
            file: file,
            mark: problem.mark,
            message: problem.message,
            hint: problem.hint,
            excerpt: excerpt(at: problem.mark, length: problem.length)
        )
    }

    /// Where a place stands in `bytes`; the end of the text if it is none.
    func offset(of mark: SourceMark) -> Int {
        guard lines.indices.contains(mark.line - 1) else { return bytes.count }
        let line = lines[mark.line - 1]
        let index = line.index(line.startIndex, offsetBy: mark.column - 1, limitedBy: line.endIndex) ?? line.endIndex
        // The lines are parts of this text.
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.distance(from: text.startIndex, to: index)
    }

    /// The scalars shown of a line, so that one long line does not fill the screen.
    private static let excerptWidth = 100

    private func excerpt(at mark: SourceMark, length: Int) -> PolicyDiagnostic.Excerpt? {
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let line = lines[mark.line - 1]
        let isShort = line.prefix(Self.excerptWidth + 1).count <= Self.excerptWidth
        let column = min(mark.column - 1, line.count)
        let start = isShort ? 0 : max(0, column - Self.excerptWidth / 2)
        // A tab is shown as one space, so that the carets stand under the place whatever the terminal makes of tabs.
        let shown = line.dropFirst(start).prefix(Self.excerptWidth).map { $0.isPrintable ? Character($0) : " " }
        let room = shown.count - (column - start)
        let carets = String(repeating: "^", count: max(1, min(length, room)))
        return PolicyDiagnostic.Excerpt(
            text: String(shown),
            carets: String(repeating: " ", count: column - start) + carets
        )
    }
}

extension SourceText {
    /// Cut where libyaml counts lines: LF, CR, CR LF, NEL, LS, PS (YAML 1.1, section 4.2).
    private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
        let scalars = text.unicodeScalars
        var lines: [Substring.UnicodeScalarView] = []
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            var next = scalars.index(after: index)
            if scalar.isLineBreak {
                lines.append(scalars[start..<index])
                if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
                start = next
            }
            index = next
        }
        lines.append(scalars[start...])
        return lines
    }

    /// The first byte that is not UTF-8, or the first character that YAML does not allow in a text.
    private static func firstProblem(in bytes: [UInt8]) -> Problem? {
        var mark = SourceMark(line: 1, column: 1)
        var previous: Unicode.Scalar = " "
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return nil
            case .error: return Problem(at: mark, "this is not UTF-8", hint: "save the file as UTF-8")
            case .scalarValue(let scalar):
                guard scalar.isAllowedInYAML else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
                    return Problem(
                        at: mark,
                        "the control character U+\(padded) is not allowed",
                        hint: "remove it, or write it as an escape in double quotes"
                    )
                }
                if scalar.isLineBreak {
                    if !(scalar == "\n" && previous == "\r") { mark = SourceMark(line: mark.line + 1, column: 1) }
                } else {
                    mark.column += 1
                }
                previous = scalar
            }
        }
    }
}

extension Unicode.Scalar {
    /// YAML 1.1, section 4.2.
    fileprivate var isLineBreak: Bool {
        switch value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// YAML 1.1, section 4.1 (`c-printable`), as libyaml's reader enforces it.
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// Whether a terminal shows it as it is. Controls and the invisible format characters that reorder text are not shown.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        default: true
        }
    }
}
