/// What the pre-tokeniser tells apart.
enum ScalarClass: UInt8 {
    /// \p{L}
    case letter
    /// \p{N}
    case number
    /// White_Space
    case space
    case other

    private static let ascii: [ScalarClass] = (0..<128).map { value in
        Unicode.Scalar(UInt8(value)).isASCII ? classify(Unicode.Scalar(UInt8(value))) : .other
    }

    init(_ scalar: Unicode.Scalar) {
        self = scalar.value < 128 ? Self.ascii[Int(scalar.value)] : Self.classify(scalar)
    }

    private static func classify(_ scalar: Unicode.Scalar) -> ScalarClass {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return properties.isWhitespace ? .space : .other
        }
    }
}
