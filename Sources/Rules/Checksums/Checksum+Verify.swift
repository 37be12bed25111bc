import Policy

extension Checksum {
    /// Where in the match the number stands that passes; nil if none does.
    ///
    /// A pattern can ask for the characters of a number but not always for its end: the match may go on into the next
    /// word. In front of the number there may be the words that it goes by.
    func number(in match: Slice<UnsafeBufferPointer<UInt8>>) -> Range<Int>? {
        switch self {
        case .luhn: LuhnNumber.isValid(match) ? match.startIndex..<match.endIndex : nil
        case .iban: IBAN.prefix(of: match).map { match.startIndex..<$0 }
        case .crc32: TokenCRC.isValid(match) ? match.startIndex..<match.endIndex : nil
        case .entropy: Entropy.isRandom(match) ? match.startIndex..<match.endIndex : nil
        case .chinaID: NationalID.inDigits(of: match, NationalID.isChinese)
        case .finlandHETU: NationalID.inAll(of: match, NationalID.isFinnish)
        case .franceNIR: NationalID.inDigits(of: match, NationalID.isFrench)
        case .italyFiscalCode: NationalID.inAll(of: match, NationalID.isItalian)
        case .spainDNI: NationalID.inAll(of: match, NationalID.isSpanish)
        case .brazilCPF: NationalID.inDigits(of: match, NationalID.isBrazilian)
        case .germanyTaxID: NationalID.inDigits(of: match, NationalID.isGerman)
        case .indiaAadhaar: NationalID.inDigits(of: match, NationalID.isIndian)
        case .koreaRRN: NationalID.inDigits(of: match, NationalID.isKorean)
        case .netherlandsBSN: NationalID.inDigits(of: match, NationalID.isDutch)
        case .polandPESEL: NationalID.inDigits(of: match, NationalID.isPolish)
        case .ukNHS: NationalID.inDigits(of: match, NationalID.isBritish)
        }
    }
}
