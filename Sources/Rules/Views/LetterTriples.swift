/// How often three letters stand in a row in common words: what an unknown word more likely looks like.
struct LetterTriples {
    static let shared = LetterTriples()

    /// Letters and the edge of a word.
    private static let signs = 27
    /// By triple: the logarithm of how many common words have it.
    private let weights: [UInt8]

    private init() {
        var counts = Array(repeating: 0, count: Self.signs * Self.signs * Self.signs)
        for word in CommonWordTable.text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            Self.forEachTriple(of: word) { counts[$0] += 1 }
        }
        weights = counts.map { UInt8(Int.bitWidth - $0.leadingZeroBitCount) }
    }

    /// - Parameter letters: in lower case; what is no letter counts as an edge.
    /// - Returns: to be compared with that of as many other letters.
    func likelihood(of letters: some Collection<UInt8>) -> Int {
        var sum = 0
        Self.forEachTriple(of: letters) { sum += Int(weights[$0]) }
        return sum
    }

    /// Letters that are looked at to tell whether they may be English without spaces.
    private static let evidence = 256

    /// Whether letters without spaces may be English: its triples weigh 3 to 4 on average, those of letters drawn at random or moved
    /// in the alphabet less than 1.5.
    func mayBeEnglish(_ letters: some Collection<UInt8>) -> Bool {
        let first = letters.prefix(Self.evidence)
        return likelihood(of: first) * 5 >= first.count * 12
    }

    private static func forEachTriple(of letters: some Collection<UInt8>, _ body: (Int) -> Void) {
        var (first, second) = (0, 0)
        for letter in letters {
            let third = (0x61...0x7A).contains(letter) ? Int(letter - 0x60) : 0
            body((first * signs + second) * signs + third)
            (first, second) = (second, third)
        }
        body((first * signs + second) * signs)
    }
}
