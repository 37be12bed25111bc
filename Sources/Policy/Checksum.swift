/// A test that numbers of some kind pass and most other characters fail.
package enum Checksum: String, Sendable, Hashable, CaseIterable {
    /// Payment cards: 12 to 19 digits whose last one follows from the others (ISO/IEC 7812-1, Luhn's formula).
    case luhn
    /// International bank account numbers: a country's code and length, and a remainder of 1 (ISO 13616, mod 97-10).
    case iban
    /// Tokens that end in the CRC-32 of what stands behind their prefix, as six digits to the base 62 (GitHub).
    case crc32 = "crc32_base62"
    /// Characters that look drawn at random: at least 3 bits each by their frequencies. Placeholders such as `xxxxxxxx` fail.
    case entropy
    /// Brazil, CPF: 11 digits, two of them check digits modulo 11.
    case brazilCPF = "brazil_cpf"
    /// China, resident identity number: 17 digits and a check character (GB 11643, ISO 7064 MOD 11-2).
    case chinaID = "china_id"
    /// Finland, personal identity code: six digits, a sign for the century, three digits, and a check character modulo 31.
    case finlandHETU = "finland_hetu"
    /// France, NIR: 13 characters and a key modulo 97; 2A and 2B stand for Corsica.
    case franceNIR = "france_nir"
    /// Germany, tax identification number: 11 digits (ISO 7064 MOD 11,10).
    case germanyTaxID = "germany_tax_id"
    /// India, Aadhaar: 12 digits, the last by Verhoeff's scheme.
    case indiaAadhaar = "india_aadhaar"
    /// Italy, codice fiscale: 15 characters and a check letter modulo 26.
    case italyFiscalCode = "italy_fiscal_code"
    /// Korea, resident registration number: 13 digits, the last modulo 11. Numbers given out since October 2020 have no such
    /// digit, and pass only by chance.
    case koreaRRN = "korea_rrn"
    /// Netherlands, burgerservicenummer: 9 digits whose weighted sum is divisible by 11.
    case netherlandsBSN = "netherlands_bsn"
    /// Poland, PESEL: 11 digits, the last modulo 10.
    case polandPESEL = "poland_pesel"
    /// Spain, DNI and NIE: 8 digits, or X, Y or Z and 7 digits, and a letter modulo 23.
    case spainDNI = "spain_dni"
    /// United Kingdom, NHS number: 10 digits, the last modulo 11.
    case ukNHS = "uk_nhs"
}
