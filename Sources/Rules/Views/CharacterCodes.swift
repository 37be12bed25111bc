/// Finds text of which each character is written as its number: `104 101`, `0110 1000` in eights, `150 145` in octal, or as its place
/// in the alphabet, `8-5-12-12-15`.
enum CharacterCodes {
    /// Bytes that may stand between two numbers.
    private static let widestGap = 3
    /// Digits of the longest number, one of eight bits.
    private static let longest = 8

    private struct Number {
        var range: Range<Int>
        var value: Int
    }

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var numbers: [Number] = []
        var position = 0
        func close() {
            if numbers.count >= CodedLetters.minimum, let run = run(of: numbers, in: text) { runs.append(run) }
            numbers = []
        }
        while let start = text[position...].firstIndex(where: isDigit) {
            if let last = numbers.last, !isGap(text[last.range.upperBound..<start]) { close() }
            position = start
            while position < text.count, isDigit(text[position]) { position += 1 }
            let digits = start..<position
            if isBits(text[digits]) {
                // Eight a character, without anything between.
                for first in stride(from: start, to: position, by: longest) {
                    numbers.append(Number(range: first..<first + longest, value: number(text[first..<first + longest])))
                }
            } else if digits.count <= longest {
                numbers.append(Number(range: digits, value: number(text[digits])))
            } else {
                close()
            }
        }
        close()
        return runs
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isBits(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.count > longest && digits.count % longest == 0 && digits.allSatisfy { $0 == 0x30 || $0 == 0x31 }
    }

    /// Whether nothing but separators stands there.
    private static func isGap(_ between: ArraySlice<UInt8>) -> Bool {
        between.count <= widestGap
            && between.allSatisfy { $0 <= 0x20 || $0 == 0x2C || $0 == 0x2D || $0 == 0x2F || $0 == 0x3B || $0 == 0x7C }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The text of the first way to read the numbers that makes words.
    private static func run(of numbers: [Number], in text: [UInt8]) -> DecodedRun? {
        for read in [binary, decimal, octal, place] {
            var letters = CodedLetters()
            for number in numbers {
                guard let byte = read(number) else { break }
                letters.append(byte, from: number.range)
            }
            if letters.count == numbers.count, let run = letters.run(.characterCodes, in: text) { return run }
        }
        return nil
    }

    private static func binary(_ number: Number) -> UInt8? {
        guard number.range.count >= 7 else { return nil }
        return digits(of: number, base: 2)
    }

    private static func octal(_ number: Number) -> UInt8? {
        number.range.count == 2 || number.range.count == 3 ? digits(of: number, base: 8) : nil
    }

    private static func decimal(_ number: Number) -> UInt8? { character(number.value) }

    private static func place(_ number: Number) -> UInt8? {
        (1...26).contains(number.value) ? UInt8(0x60 + number.value) : nil
    }

    /// The decimal digits taken as digits of another base.
    private static func digits(of number: Number, base: Int) -> UInt8? {
        var (rest, value, weight) = (number.value, 0, 1)
        while rest > 0 {
            guard rest % 10 < base else { return nil }
            value += rest % 10 * weight
            weight *= base
            rest /= 10
        }
        return character(value)
    }

    /// A character that people write.
    private static func character(_ value: Int) -> UInt8? {
        (0x20...0x7E).contains(value) || value == 0x0A || value == 0x0D || value == 0x09 ? UInt8(value) : nil
    }
}
