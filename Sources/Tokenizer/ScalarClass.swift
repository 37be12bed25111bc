/// What the pre-tokeniser tells apart.
///
/// The classes are those of Unicode 16 (numbers: 17), which the reference implementation was built with: characters that
/// came later count as unassigned, so that a newer standard library does not change how a text is cut.
enum ScalarClass: UInt8 {
    /// \p{L}
    case letter
    /// \p{N}
    case number
    /// White_Space
    case space
    case other

    private static let ascii: [ScalarClass] = (0..<128).map { value in
        classify(Unicode.Scalar(UInt8(value)))
    }

    init(_ scalar: Unicode.Scalar) {
        self = scalar.value < 128 ? Self.ascii[Int(scalar.value)] : Self.classify(scalar)
    }

    private static let unicodeVersion = 16
    private static let unicodeVersionOfNumbers = 17

    private static func classify(_ scalar: Unicode.Scalar) -> ScalarClass {
        let properties = scalar.properties
        guard let age = properties.age else { return .other }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return age.major <= unicodeVersion ? .letter : .other
        case .decimalNumber, .letterNumber, .otherNumber:
            return age.major <= unicodeVersionOfNumbers ? .number : .other
        default: return properties.isWhitespace ? .space : .other
        }
    }
}
