import Policy
import Testing

@testable import Rules

@Suite struct NationalIDTests {
    /// Numbers made up for documentation, as python-stdnum has them in its examples.
    private static let numbers: [(Checksum, String)] = [
        (.brazilCPF, "390.533.447-05"), (.chinaID, "360426199101010071"), (.chinaID, "11010519491231002X"),
        (.finlandHETU, "131052-308T"), (.finlandHETU, "131052A308T"), (.franceNIR, "2 95 10 99 126 111 93"),
        (.germanyTaxID, "36 574 261 809"), (.indiaAadhaar, "2341 2341 2346"), (.italyFiscalCode, "RCCMNL83S18D969H"),
        (.koreaRRN, "971013-9019902"), (.netherlandsBSN, "1112.22.333"), (.polandPESEL, "44051401359"),
        (.spainDNI, "54362315-K"), (.spainDNI, "x-2482300w"), (.ukNHS, "943-476-5870"),
    ]

    private func isValid(_ checksum: Checksum, _ text: String) -> Bool { number(checksum, text) != nil }

    private func number(_ checksum: Checksum, _ text: String) -> Range<Int>? {
        Array(text.utf8).withUnsafeBufferPointer { checksum.number(in: $0[...]) }
    }

    @Test(arguments: numbers)
    func numbersOfDocumentationPass(checksum: Checksum, number: String) { #expect(isValid(checksum, number)) }

    /// The schemes differ in what they find; none lets more than a few of these through.
    @Test(arguments: numbers)
    func fewWrongDigitsPass(checksum: Checksum, number: String) {
        let bytes = Array(number.utf8)
        var (passed, tried) = (0, 0)
        for place in bytes.indices where (0x30...0x39).contains(bytes[place]) {
            for digit in UInt8(0x30)...0x39 where digit != bytes[place] {
                var wrong = bytes
                wrong[place] = digit
                tried += 1
                if isValid(checksum, String(decoding: wrong, as: UTF8.self)) { passed += 1 }
            }
        }
        #expect(tried >= 60)
        #expect(passed <= tried / 20, "\(passed) of \(tried)")
    }

    @Test(arguments: numbers)
    func anotherLengthFails(checksum: Checksum, number: String) {
        #expect(!isValid(checksum, number + "0"))
        #expect(!isValid(checksum, String(number.dropLast())))
        #expect(!isValid(checksum, ""))
        #expect(!isValid(checksum, "no number at all"))
    }

    @Test(arguments: [
        (Checksum.brazilCPF, "111.111.111-11"), (.netherlandsBSN, "000000000"), (.ukNHS, "0000000000"),
        (.germanyTaxID, "00000000000"), (.chinaID, "360426199113010071"), (.koreaRRN, "971313-9019902"),
        (.indiaAadhaar, "000000000000"),
    ])
    func whatIsGivenToNobodyFails(checksum: Checksum, number: String) { #expect(!isValid(checksum, number)) }

    @Test func wordsInFrontOfTheNumberAreNoPartOfIt() {
        let text = "BSN: 111222333"
        #expect(number(.netherlandsBSN, text) == 5..<14)
    }
}
