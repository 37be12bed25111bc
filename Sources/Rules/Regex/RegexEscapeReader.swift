/// What a backslash and what follows it stand for.
enum RegexEscape {
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    case assertion(RegexAssertion)
}

/// Reads what follows a backslash.
struct RegexEscapeReader {
    let scalars: [Unicode.Scalar]
    /// The scalar after the backslash at first, the one after the escape at the end.
    var position: Int
    /// Where the backslash is.
    let escapedAt: Int

    mutating func read(inClass: Bool) throws(RegexError) -> RegexEscape {
        guard position < scalars.count else { throw error("the pattern ends in a single backslash; write '\\\\'") }
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case "d": return .set(.asciiDigits)
        case "D": return .set(ScalarSet.asciiDigits.inverted)
        case "w": return .set(.word)
        case "W": return .set(ScalarSet.word.inverted)
        case "s": return .set(.whitespace)
        case "S": return .set(ScalarSet.whitespace.inverted)
        case "b" where !inClass: return .assertion(.wordBoundary)
        case "B" where !inClass: return .assertion(.notWordBoundary)
        case "A" where !inClass: return .assertion(.textStart)
        case "z" where !inClass: return .assertion(.textEnd)
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "f": return .scalar("\u{0C}")
        case "v": return .scalar("\u{0B}")
        case "x": return .scalar(try hexadecimal(digits: 2))
        case "u": return .scalar(try hexadecimal(digits: 4))
        case "1"..."9", "k": throw error("back-references are not supported: they cannot be matched in linear time")
        case "p", "P": throw error("Unicode properties are not supported; use \\w, \\d, \\s or ranges")
        case "0"..."9", "a"..."z", "A"..."Z": throw error("'\\\(scalar)' has no meaning")
        default: return .scalar(scalar)
        }
    }

    /// `\xHH`, `\uHHHH`, or either with braces around one to six digits.
    private mutating func hexadecimal(digits: Int) throws(RegexError) -> Unicode.Scalar {
        let isBraced = position < scalars.count && scalars[position] == "{"
        if isBraced { position += 1 }
        var value: UInt32 = 0
        var count = 0
        while count < (isBraced ? 6 : digits), position < scalars.count,
            let digit = Character(scalars[position]).hexDigitValue, scalars[position].isASCII
        {
            value = value << 4 | UInt32(digit)
            position += 1
            count += 1
        }
        if isBraced {
            guard position < scalars.count, scalars[position] == "}", count > 0 else {
                throw error("braces want one to six hexadecimal digits")
            }
            position += 1
        } else if count < digits {
            throw error("\(digits) hexadecimal digits must follow")
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("this is not a Unicode scalar") }
        return scalar
    }

    private func error(_ message: String) -> RegexError { RegexError(position: escapedAt + 1, message: message) }
}
