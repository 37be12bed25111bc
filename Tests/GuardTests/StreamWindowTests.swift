import Policy
import Testing

@testable import Guard

@Suite struct StreamWindowTests {
    /// Judges all that there is to judge: `secret` is redacted wherever a window shows it.
    private func drain(_ window: inout StreamWindow, into output: inout String, judged: inout [String]) {
        while let next = window.next() {
            judged.append(next.text)
            let spans = next.text.ranges(of: "the secret word").map { range in
                let lower = next.text.utf8.distance(from: next.text.startIndex, to: range.lowerBound)
                let upper = next.text.utf8.distance(from: next.text.startIndex, to: range.upperBound)
                return (span: lower..<upper, placeholder: "[x]")
            }
            output += window.release(next, redactions: spans)
        }
    }

    private func run(_ pieces: [String], bounds: HoldBack = HoldBack()) -> (output: String, judged: [String]) {
        var window = StreamWindow(bounds: bounds)
        var output = ""
        var judged: [String] = []
        for piece in pieces {
            window.append(piece)
            drain(&window, into: &output, judged: &judged)
        }
        window.finish()
        drain(&window, into: &output, judged: &judged)
        return (output, judged)
    }

    private static let text =
        String(repeating: "Soup is made of water and time. It is good! ", count: 6)
        + "Then comes the secret word, and after it some more: naïve 汤。 is nice. Anumberthatisverylong"
        + String(repeating: "0123456789", count: 20) + String(repeating: " and so on", count: 30)

    @Test func `a text cut at every scalar is judged in the same windows and comes out the same`() {
        let whole = run([Self.text])
        #expect(whole.output == Self.text.replacing("the secret word", with: "[x]"))
        let scalars = Array(Self.text.unicodeScalars)
        for cut in 1..<scalars.count {
            let pieces = [scalars[..<cut], scalars[cut...]].map { part in
                var text = String.UnicodeScalarView()
                text.append(contentsOf: part)
                return String(text)
            }
            let parts = run(pieces)
            #expect(parts.output == whole.output)
            #expect(parts.judged == whole.judged)
        }
        let single = run(scalars.map { String($0) })
        #expect(single.output == whole.output)
        #expect(single.judged == whole.judged)
    }

    @Test func `windows begin where the one before began until they would be long`() {
        let text = String(repeating: "Soup is made of water and time. It is good! ", count: 200)
        let judged = run([text]).judged
        let goingOn = zip(judged, judged.dropFirst()).count { $1.hasPrefix($0) }
        #expect(goingOn * 10 > judged.count * 8)
        #expect(judged.allSatisfy { $0.utf8.count <= 1536 })
        // What is read again in front of a new beginning.
        #expect(judged.dropFirst(40).allSatisfy { $0.utf8.count > 512 })
    }

    @Test(arguments: [0, 1, 5, 17, 40, 60, 99, 120])
    func `what is redacted is cut out whole wherever the windows' borders fall`(words: Int) {
        let before = String(repeating: "la ", count: words)
        let text = before + "the secret word" + String(repeating: " la", count: 60)
        #expect(run(text.map { String($0) }).output == before + "[x]" + String(repeating: " la", count: 60))
    }

    @Test func `text goes out while the rest has not come, and what goes out was judged with what follows`() {
        var window = StreamWindow(bounds: HoldBack())
        var output = ""
        var judged: [String] = []
        for _ in 0..<200 {
            window.append("word ")
            drain(&window, into: &output, judged: &judged)
            #expect(window.held <= 24 * 5 + 5)
        }
        #expect(output.count > 800)
        #expect(judged.count > 20)
    }

    @Test(arguments: [" ", "a", "é", "汤", "😀", "\u{301}", ". "])
    func `no text makes more than the bound wait`(unit: String) {
        var window = StreamWindow(bounds: HoldBack(tokens: 1000, bytes: 256))
        var output = ""
        var judged: [String] = []
        for _ in 0..<1000 {
            window.append(unit)
            drain(&window, into: &output, judged: &judged)
            #expect(window.held <= 256)
        }
        window.finish()
        drain(&window, into: &output, judged: &judged)
        #expect(output == String(repeating: unit, count: 1000))
    }

    @Test func `text that is late is judged and let go at once`() throws {
        var window = StreamWindow(bounds: HoldBack())
        window.append("Hello th")
        #expect(window.next() == nil)
        let late = try #require(window.next(isLate: true))
        #expect(late.text == "Hello th")
        #expect(window.release(late) == "Hello th")
        #expect(window.held == 0)
        #expect(window.next(isLate: true) == nil)
        window.append("ere")
        window.finish()
        let last = try #require(window.next())
        #expect(last.text == "Hello there")
        #expect(window.release(last) == "ere")
        #expect(window.next() == nil)
    }

    @Test func `the rest of a match whose beginning was replaced gets no second placeholder`() throws {
        var window = StreamWindow(bounds: HoldBack())
        window.append("call 555")
        let first = try #require(window.next(isLate: true))
        #expect(window.release(first, redactions: [(5..<8, "[n]")]) == "call [n]")
        window.append("123 now")
        window.finish()
        let last = try #require(window.next())
        #expect(window.release(last, redactions: [(5..<11, "[n]")]) == " now")
    }

    @Test func `a match that does not end is let go at the bound`() {
        var window = StreamWindow(bounds: HoldBack(tokens: 24, bytes: 256))
        var output = ""
        for _ in 0..<200 {
            window.append("digits ")
            while let next = window.next() {
                output += window.release(next, redactions: [(0..<next.text.utf8.count, "[x]")])
            }
            #expect(window.held <= 512)
        }
        #expect(output.hasPrefix("[x]"))
        #expect(!output.contains("digits"))
    }

    @Test func `an empty text is never judged`() {
        var window = StreamWindow(bounds: HoldBack())
        window.append("")
        #expect(window.next(isLate: true) == nil)
        window.finish()
        #expect(window.next() == nil)
    }
}
