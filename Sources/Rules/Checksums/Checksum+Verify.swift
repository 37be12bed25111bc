import Policy

extension Checksum {
    /// Where in the match the number stands that passes; nil if none does.
    ///
    /// A pattern can ask for the characters of a number but not always for its end: the match may go on into the next
    /// word.
    func number(in match: Slice<UnsafeBufferPointer<UInt8>>) -> Range<Int>? {
        switch self {
        case .luhn: LuhnNumber.isValid(match) ? match.startIndex..<match.endIndex : nil
        case .iban: IBAN.prefix(of: match).map { match.startIndex..<$0 }
        }
    }
}
