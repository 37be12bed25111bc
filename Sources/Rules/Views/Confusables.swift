/// Letters that look like others, as the usual fonts draw them: a selection of our own, and those of UTS #39.
struct Confusables: Sendable {
    static let shared = Confusables()

    /// To ASCII, wherever they stand: letters of Latin's own fringe that no language writes among plain ones.
    let latinVariants: [UInt32: UInt32]
    /// By 256 scalars: whether any of them is such a letter.
    private let hasLatinVariants: [Bool]
    /// To ASCII, but only in words that also hold Latin letters.
    let toLatin: [UInt32: UInt32]
    /// To ASCII, but only in words whose other letters are all Latin or among these: scripts that are written beside Latin
    /// letters without a space.
    let rareToLatin: [UInt32: UInt32]
    /// To ASCII: drawn so alike that a word of nothing else may be one in Latin letters.
    let lookAlikes: [UInt32: UInt32]
    /// Latin to Cyrillic, for Cyrillic words with Latin letters smuggled in.
    let toCyrillic: [UInt32: UInt32]

    private init() {
        latinVariants = Self.table(
            """
            251 a 25B e 261 g 269 i 26A i 299 b 262 g 29C h 28F y 274 n 280 r 29F l 1D00 a 1D03 b 1D04 c 1D05 d 1D07 e
            1D0A j 1D0B k 1D0D m 1D0F o 1D18 p 1D1B t 1D1C u 1D20 v 1D21 w 1D22 z A730 f A731 s A7AF q
            """
        ).merging(Self.enclosed) { first, _ in first }
        hasLatinVariants = (0...0x1F2).map { [latinVariants] page in latinVariants.keys.contains { $0 >> 8 == page } }
        let own = Self.table(
            """
            430 a 435 e 43E o 440 p 441 c 443 y 445 x 455 s 456 i 457 i 458 j 454 e 450 e 451 e 433 r 43A k 43C m 43D h
            43F n 442 t 432 b 44C b 4BB h 4AF y 4CF l 475 v 461 w 501 d 51B q 51D w
            410 A 412 B 415 E 41A K 41C M 41D H 41E O 420 P 421 C 422 T 423 Y 425 X 405 S 406 I 407 I 408 J 4C0 I 42C b
            401 E 4AE Y 474 V 500 d 50C G 51A Q 51C W
            3B1 a 3B3 y 3B5 e 3B7 n 3B9 i 3BA k 3BD v 3BF o 3C1 p 3C4 t 3C5 u 3C7 x 3C9 w 3F2 c 3AC a 3AD e 3AE n 3AF i
            3CC o 3CD u 3CE w 391 A 392 B 395 E 396 Z 397 H 399 I 39A K 39C M 39D N 39F O 3A1 P 3A4 T 3A5 Y 3A7 X 3F9 C
            585 o 57D u 570 h 578 n 581 g 566 q 555 O 54D U 54F S
            13A0 D 13A1 R 13A2 T 13AA A 13AC E 13B3 W 13B7 M 13BB H 13C0 G 13C2 h 13C3 Z 13CF b 13D4 W 13D5 S 13D9 V
            13DA S 13DE L 13DF C 13E2 P 13E6 K 13F4 B
            """
        )
        // Latin's own look-alikes are letters of Turkish, Azeri or phonetics: `latinVariants` says which are folded.
        let drawn = Self.table(ConfusableTable.text).filter { $0.key >= 0x370 }
        let toLatin = drawn.filter { Self.hasCase($0.key) }.merging(own) { $1 }
        self.toLatin = toLatin
        rareToLatin = drawn.filter { !Self.hasCase($0.key) }
        lookAlikes = Dictionary(uniqueKeysWithValues: drawn.keys.compactMap { key in toLatin[key].map { (key, $0) } })
        toCyrillic = Dictionary(
            uniqueKeysWithValues: zip(
                "aeopcyxkABEKMHOPCTXY".unicodeScalars.map(\.value),
                "аеорсухкАВЕКМНОРСТХУ".unicodeScalars.map(\.value)
            )
        )
    }

    @inline(__always)
    func latinVariant(of scalar: UInt32) -> UInt32? {
        let page = Int(scalar >> 8)
        return page < hasLatinVariants.count && hasLatinVariants[page] ? latinVariants[scalar] : nil
    }

    /// Greek, Cyrillic, Armenian, Cherokee: alphabets whose words stand apart from Latin ones.
    private static func hasCase(_ scalar: UInt32) -> Bool {
        ScalarClass.isGreek(scalar) || ScalarClass.isCyrillic(scalar) || (0x530...0x58F).contains(scalar)
            || (0x13A0...0x13FF).contains(scalar)
    }

    private static func table(_ text: String) -> [UInt32: UInt32] {
        let tokens = text.split(whereSeparator: \.isWhitespace)
        var table: [UInt32: UInt32] = [:]
        for index in stride(from: 0, to: tokens.count - 1, by: 2) {
            guard let from = UInt32(tokens[index], radix: 16), let to = tokens[index + 1].unicodeScalars.first else {
                continue
            }
            table[from] = to.value
        }
        return table
    }

    /// Letters in filled circles and squares, which have no compatibility mapping.
    private static let enclosed: [UInt32: UInt32] = {
        var table: [UInt32: UInt32] = [:]
        for letter in UInt32(0)..<26 {
            table[0x1F150 + letter] = 0x41 + letter
            table[0x1F170 + letter] = 0x41 + letter
        }
        return table
    }()
}
