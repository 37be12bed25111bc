/// The words that another may be made of by one of the usual endings of English: -s, -es, -ed, -er, -ing, -ly, and what these do
/// to the letters before them (`joking`, `drugged`, `tries`).
enum WordStems {
    private static let shortest = 3

    /// - Parameter word: in lower case, of letters that fit.
    static func forEach(of word: PackedWord, _ body: (PackedWord) -> Void) {
        let count = word.count
        guard count > shortest, count <= PackedWord.capacity else { return }
        let (last, before) = (word[count - 1], word[count - 2])
        switch last {
        case UInt8(ascii: "s"):
            body(word.prefix(count - 1))
            if before == UInt8(ascii: "e"), takesE(word, count - 3) { visit(word, without: 2, body) }
        case UInt8(ascii: "d") where before == UInt8(ascii: "e"), UInt8(ascii: "r") where before == UInt8(ascii: "e"):
            visit(word, without: 1, body)
            visit(word, without: 2, body)
        case UInt8(ascii: "g") where before == UInt8(ascii: "n") && word[count - 3] == UInt8(ascii: "i"):
            visit(word, without: 3, body)
            guard count - 3 >= shortest - 1 else { return }
            var silent = word.prefix(count - 3)
            silent.append(UInt8(ascii: "e"))
            body(silent)
        case UInt8(ascii: "y") where before == UInt8(ascii: "l"):
            visit(word, without: 2, body)
        default: break
        }
    }

    /// Whether a word whose last letter is at a place has its plural in -es: behind a sibilant, `o`, and `y` that became `i`.
    private static func takesE(_ word: PackedWord, _ last: Int) -> Bool {
        switch word[last] {
        case UInt8(ascii: "s"), UInt8(ascii: "x"), UInt8(ascii: "z"), UInt8(ascii: "o"), UInt8(ascii: "i"): true
        case UInt8(ascii: "h"): word[last - 1] == UInt8(ascii: "c") || word[last - 1] == UInt8(ascii: "s")
        default: false
        }
    }

    /// What stands before an ending, with the letter that was doubled once, and with `y` for `i`.
    private static func visit(_ word: PackedWord, without ending: Int, _ body: (PackedWord) -> Void) {
        let length = word.count - ending
        guard length >= shortest else { return }
        body(word.prefix(length))
        if word[length - 1] == UInt8(ascii: "i") {
            var stem = word.prefix(length - 1)
            stem.append(UInt8(ascii: "y"))
            body(stem)
        } else if length > shortest, word[length - 1] == word[length - 2] {
            body(word.prefix(length - 1))
        }
    }
}

/// How known words begin: where none does, none need be looked up.
struct WordBeginnings {
    static let shared = WordBeginnings()
    static let length = 3

    /// By three letters.
    private let begins: [Bool]

    private init() {
        var begins = Array(repeating: false, count: 26 * 26 * 26)
        for table in [CommonWordTable.text, FurtherWordTable.text] {
            for word in table.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) where word.count >= Self.length {
                if let place = Self.place(of: Array(word), at: 0) { begins[place] = true }
            }
        }
        self.begins = begins
    }

    func contains(_ letters: [UInt8], at start: Int) -> Bool {
        Self.place(of: letters, at: start).map { begins[$0] } ?? false
    }

    private static func place(of letters: [UInt8], at start: Int) -> Int? {
        guard start + length <= letters.count else { return nil }
        var place = 0
        for letter in letters[start..<start + length] {
            guard (0x61...0x7A).contains(letter) else { return nil }
            place = place * 26 + Int(letter - 0x61)
        }
        return place
    }
}
