/// A test that numbers of some kind pass and most other digits fail.
package enum Checksum: String, Sendable, Hashable, CaseIterable {
    /// Payment cards: 12 to 19 digits whose last one follows from the others (ISO/IEC 7812-1, Luhn's formula).
    case luhn
    /// International bank account numbers: a country's code and length, and a remainder of 1 (ISO 13616, mod 97-10).
    case iban
}
