/// National identity numbers by their check digits. Each test gets the number's characters without what groups them:
/// digits as 0 to 9, letters as 10 to 35.
enum NationalID {
    /// Where the number stands in a match whose number begins with the first digit: everything from there on.
    static func inDigits(of match: Slice<UnsafeBufferPointer<UInt8>>, _ isValid: ([Int]) -> Bool) -> Range<Int>? {
        guard let start = match.firstIndex(where: { (0x30...0x39).contains($0) }) else { return nil }
        return inAll(of: match[start...], isValid)
    }

    /// The whole match, if the number in it is valid.
    static func inAll(of match: Slice<UnsafeBufferPointer<UInt8>>, _ isValid: ([Int]) -> Bool) -> Range<Int>? {
        isValid(match.compactMap(value)) ? match.startIndex..<match.endIndex : nil
    }

    private static func value(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x5A: Int(byte) - 0x41 + 10
        case 0x61...0x7A: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// Both check digits are the weighted sum of what stands before them, modulo 11, and 10 counts as 0.
    static func isBrazilian(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 11), Set(digits).count > 1 else { return false }
        let first = sum(digits[..<9], [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10
        let second = sum(digits[..<10], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10
        return digits[9] == first && digits[10] == second
    }

    /// The weighted sum with the check character, X for 10, leaves 1 modulo 11.
    static func isChinese(_ characters: [Int]) -> Bool {
        guard characters.count == 18, isDigits(Array(characters.dropLast()), count: 17) else { return false }
        let last = characters[17] == 33 ? 10 : characters[17]
        guard last <= 10, isDate(month: characters[10...11], day: characters[12...13]) else { return false }
        return (sum(characters[..<17], [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) + last) % 11 == 1
    }

    /// The check character stands for the nine digits modulo 31.
    static func isFinnish(_ characters: [Int]) -> Bool {
        // A letter for the century is no part of the sum; - and + were dropped with what groups digits.
        var body = characters
        if body.count == 11 { body.remove(at: 6) }
        guard body.count == 10, isDigits(Array(body.dropLast()), count: 9) else { return false }
        guard isDate(month: body[2...3], day: body[0...1]) else { return false }
        let signs = Array("0123456789ABCDEFHJKLMNPRSTUVWXY".utf8).compactMap(value)
        return signs[number(body[..<9]) % 31] == body[9]
    }

    /// The key completes the number to a multiple of 97.
    static func isFrench(_ characters: [Int]) -> Bool {
        guard characters.count == 15 else { return false }
        var digits = characters
        var offset = 0
        if digits[5] == 2, digits[6] == 10 || digits[6] == 11 {
            offset = digits[6] == 10 ? 1_000_000 : 2_000_000
            digits[6] = 0
        }
        // Months above 20 stand for births whose month is not known.
        guard isDigits(digits, count: 15), (1...2).contains(digits[0]) else { return false }
        return 97 - (number(digits[..<13]) - offset) % 97 == number(digits[13...])
    }

    /// ISO 7064 MOD 11,10, and among the first ten digits one or two stand more than once.
    static func isGerman(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 11), digits[0] != 0, (8...9).contains(Set(digits[..<10]).count) else {
            return false
        }
        var product = 10
        for digit in digits[..<10] {
            let sum = (digit + product) % 10
            product = (sum == 0 ? 10 : sum) * 2 % 11
        }
        return (11 - product) % 10 == digits[10]
    }

    /// Verhoeff's scheme: a walk through the dihedral group D5 ends where it began.
    static func isIndian(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 12), digits[0] > 1 else { return false }
        var check = 0
        for (place, digit) in digits.reversed().enumerated() { check = verhoeffProduct(check, permuted(digit, place)) }
        return check == 0
    }

    /// Characters at odd places count by a table, those at even places as they are; the last is their sum modulo 26.
    static func isItalian(_ characters: [Int]) -> Bool {
        guard characters.count == 16, characters[15] >= 10 else { return false }
        let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
        let total = characters[..<15].enumerated().reduce(0) { total, entry in
            let (place, character) = entry
            // A digit counts like the letter at the same place of the alphabet.
            let index = character >= 10 ? character - 10 : character
            return total + (place.isMultiple(of: 2) ? odd[index] : index)
        }
        return total % 26 == characters[15] - 10
    }

    /// The last digit completes the weighted sum modulo 11; its tens are dropped.
    static func isKorean(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 13), isDate(month: digits[2...3], day: digits[4...5]) else { return false }
        return (11 - sum(digits[..<12], [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10 == digits[12]
    }

    /// The sum, weighted 9 down to 2 and minus one for the last, is divisible by 11.
    static func isDutch(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 9), Set(digits).count > 1 else { return false }
        return sum(digits[...], [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
    }

    /// The last digit completes the weighted sum modulo 10. The century is added to the month, in twenties.
    static func isPolish(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 11), isDate(month: [digits[2] % 2, digits[3]], day: digits[4...5]) else {
            return false
        }
        return sum(digits[...], [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0
    }

    /// The letter stands for the digits modulo 23; X, Y and Z count as 0, 1 and 2.
    static func isSpanish(_ characters: [Int]) -> Bool {
        guard characters.count == 9 else { return false }
        var digits = Array(characters[..<8])
        if (33...35).contains(digits[0]) { digits[0] -= 33 }
        guard isDigits(digits, count: 8) else { return false }
        let letters = Array("TRWAGMYFPDXBNJZSQVHLCKE".utf8).compactMap(value)
        return letters[number(digits[...]) % 23] == characters[8]
    }

    /// The last digit completes the weighted sum modulo 11; numbers that would need 10 are not given out.
    static func isBritish(_ digits: [Int]) -> Bool {
        guard isDigits(digits, count: 10), Set(digits).count > 1 else { return false }
        return (11 - sum(digits[..<9], [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digits[9]
    }
}

extension NationalID {
    private static func isDigits(_ digits: [Int], count: Int) -> Bool {
        digits.count == count && digits.allSatisfy { $0 < 10 }
    }

    private static func sum(_ digits: ArraySlice<Int>, _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func number(_ digits: ArraySlice<Int>) -> Int { digits.reduce(0) { $0 * 10 + $1 } }

    private static func isDate(month: ArraySlice<Int>, day: ArraySlice<Int>) -> Bool {
        (1...12).contains(number(month)) && (1...31).contains(number(day))
    }

    /// A digit at a place from the right, permuted once more at each place.
    private static func permuted(_ digit: Int, _ place: Int) -> Int {
        let permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
        return (0..<place % 8).reduce(digit) { digit, _ in permutation[digit] }
    }

    /// The product in D5, the symmetries of a pentagon: 0 to 4 turn it, 5 to 9 turn and mirror it.
    private static func verhoeffProduct(_ a: Int, _ b: Int) -> Int {
        switch (a < 5, b < 5) {
        case (true, true): (a + b) % 5
        case (true, false): 5 + (a + b) % 5
        case (false, true): 5 + (a - b + 5) % 5
        case (false, false): (a - b + 5) % 5
        }
    }
}
