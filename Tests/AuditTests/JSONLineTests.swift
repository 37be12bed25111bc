import Foundation
import Testing

@testable import Audit

private func line(_ body: (inout JSONLine) -> Void) -> String {
    var json = JSONLine()
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
}

@Suite struct JSONLineTests {
    @Test func nestsWithCommasInTheRightPlaces() {
        let text = line { json in
            json.object { json in
                json.key("a")
                json.array { json in
                    json.integer(-1)
                    json.object { _ in }
                    json.array { _ in }
                    json.boolean(false)
                }
                json.key("b")
                json.string("")
            }
        }
        #expect(text == #"{"a":[-1,{},[],false],"b":""}"#)
    }

    @Test func escapesWhatWouldEndAStringOrALine() {
        #expect(
            line { $0.string("\"\\/\n\r\t\u{0}\u{1F}\u{7F}\u{85}\u{2028}é😀") }
                == #""\"\\/\n\r\t\u0000\u001f\u007f\u0085\u2028é😀""#
        )
    }

    @Test func anyTextSurvivesAReader() throws {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a\(scalar)\u{FFFD}"
            let written = Data("[\(line { $0.string(text) })]".utf8)
            let read = try #require(JSONSerialization.jsonObject(with: written) as? [String])
            #expect(read[0].unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (-0.5, "-0.5"), (0.1 + 0.2, "0.3"), (12.0345, "12.035"), (0.0004, "0"), (1e300, "null"),
            (.nan, "null"), (-.infinity, "null"), (1.010, "1.01"), (123_456.7, "123456.7"),
        ] as [(Double, String)]
    ) func numbersHaveFewDecimals(value: Double, text: String) {
        #expect(line { $0.decimal(value, digits: 3) } == text)
    }
}
