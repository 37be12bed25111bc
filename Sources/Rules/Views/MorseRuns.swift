/// Finds text in Morse code (ITU-R M.1677-1): `.... --- .--`, letters parted by a space, words by a slash, bar, line or more spaces.
enum MorseRuns {
    /// Signs of the longest letter, digit or mark.
    private static let longest = 6

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var letters = CodedLetters()
        var position = 0
        func close() {
            if let run = letters.run(.morse, in: text) { runs.append(run) }
            letters = CodedLetters()
        }
        while position < text.count {
            guard isSign(text[position]) else {
                if !isSeparator(text[position]) { close() }
                position += 1
                continue
            }
            let start = position
            // A one in front, so that the number of signs counts: 1, then 0 for a dot and 1 for a dash.
            var code = 1
            while position < text.count, isSign(text[position]) {
                if position - start < longest { code = code << 1 | (text[position] == UInt8(ascii: "-") ? 1 : 0) }
                position += 1
            }
            if position - start <= longest, let letter = letter(of: code) {
                letters.append(letter, from: start..<position)
            } else {
                close()
            }
        }
        close()
        return runs
    }

    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "|")
    }

    private static func letter(of code: Int) -> UInt8? {
        codes.indices.contains(code) && codes[code] != 0 ? codes[code] : nil
    }

    /// By the signs of a letter behind a one.
    private static let codes: [UInt8] = {
        let signs: [(UnicodeScalar, String)] = [
            ("a", ".-"), ("b", "-..."), ("c", "-.-."), ("d", "-.."), ("e", "."), ("f", "..-."), ("g", "--."),
            ("h", "...."),
            ("i", ".."), ("j", ".---"), ("k", "-.-"), ("l", ".-.."), ("m", "--"), ("n", "-."), ("o", "---"),
            ("p", ".--."),
            ("q", "--.-"), ("r", ".-."), ("s", "..."), ("t", "-"), ("u", "..-"), ("v", "...-"), ("w", ".--"),
            ("x", "-..-"),
            ("y", "-.--"), ("z", "--.."), ("0", "-----"), ("1", ".----"), ("2", "..---"), ("3", "...--"),
            ("4", "....-"),
            ("5", "....."), ("6", "-...."), ("7", "--..."), ("8", "---.."), ("9", "----."), (".", ".-.-.-"),
            (",", "--..--"), ("?", "..--.."), ("'", ".----."), ("-", "-....-"), ("/", "-..-."),
        ]
        var codes = Array(repeating: UInt8(0), count: 2 << longest)
        for (letter, signs) in signs {
            codes[signs.utf8.reduce(1) { $0 << 1 | ($1 == UInt8(ascii: "-") ? 1 : 0) }] = UInt8(ascii: letter)
        }
        return codes
    }()
}
