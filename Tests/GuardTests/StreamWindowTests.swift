import Foundation
import GuardCore
import Policy
import Rules
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

    /// What goes out of a text that comes in pieces of forty bytes.
    ///
    /// - Parameters:
    ///   - isLate: whether each piece has waited as long as it may before the next one comes.
    ///   - longest: that a window may be.
    ///   - matches: what is to be redacted of a window's text.
    private func passed(
        _ text: String,
        isLate: Bool,
        bounds: HoldBack = HoldBack(),
        longest: Int = .max,
        matches: ([UInt8]) -> [Range<Int>]
    ) -> String {
        var window = StreamWindow(bounds: bounds)
        var output = ""
        func judge(isLate: Bool) {
            while let next = window.next(isLate: isLate) {
                #expect(next.text.utf8.count <= longest)
                output += window.release(next, redactions: matches(Array(next.text.utf8)).map { ($0, "[x]") })
            }
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 40) {
            window.append(String(decoding: bytes[start..<min(start + 40, bytes.count)], as: UTF8.self))
            judge(isLate: isLate)
        }
        window.finish()
        judge(isLate: false)
        return output
    }

    /// From each `<` to its `>`, or to the end where there is none.
    private func bracketed(_ text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        while let lower = text[(found.last?.upperBound ?? 0)...].firstIndex(of: UInt8(ascii: "<")) {
            found.append(lower..<(text[lower...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? text.count))
        }
        return found
    }

    @Test(arguments: [1700, 6000, 20_000], [false, true])
    func `of a match that is longer than a window or the bound nothing goes out`(length: Int, isLate: Bool) {
        let before = String(repeating: "la ", count: 230)
        let match = "<" + String(repeating: "secret ", count: length / 7) + ">"
        let between = String(repeating: " lo", count: 30)
        let after = String(repeating: " lo", count: 600)
        let output = passed(before + match + between + "<one>" + after, isLate: isLate, matches: bracketed)
        #expect(output == before + "[x]" + between + "[x]" + after)
    }

    @Test(arguments: [false, true])
    func `what is read again of a long match is little`(isLate: Bool) {
        let text = "<" + String(repeating: "secret ", count: 9000)
        let bounds = HoldBack(tokens: 24, bytes: 256)
        #expect(passed(text, isLate: isLate, bounds: bounds, longest: 2048, matches: bracketed) == "[x]")
    }

    @Test func `what is read again of a match that came late as a whole is little, and whole scalars`() throws {
        var window = StreamWindow(bounds: HoldBack())
        window.append("<" + String(repeating: "汤", count: 6000))
        let burst = try #require(window.next(isLate: true))
        #expect(window.release(burst, redactions: [(0..<burst.text.utf8.count, "[x]")]) == "[x]")
        window.append("汤")
        let next = try #require(window.next(isLate: true))
        #expect(next.text.utf8.count <= 3072)
        #expect(!next.text.contains("\u{FFFD}"))
    }

    /// The shipped rule for private keys.
    private static func privateKeys() throws -> RuleSet {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Policies/rules")
        let text = try String(contentsOf: folder.appending(path: "secrets.yaml"), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.contains("'-----BEGIN [A-Z ]") })
        let pattern = try #require(line.split(separator: "'").dropFirst().first)
        let rule = Rule(
            id: "secret.private-key",
            category: .privacy,
            matchers: [.regex(pattern: String(pattern), ignoreCase: false)],
            action: .rewrite
        )
        return try RuleSet([rule])
    }

    /// A key whose body is lines of `Q`.
    private static func key(_ kind: String, _ headers: [String], lines: Int, newline: String = "\n") -> String {
        let header = headers.map { $0 + newline }.joined()
        let body = String(repeating: String(repeating: "Q", count: 64) + newline, count: lines)
        return "-----BEGIN \(kind)-----\(newline)\(header)\(newline)\(body)-----END \(kind)-----"
    }

    @Test func `of a key with a header nothing goes out wherever in it a window begins`() throws {
        let rules = try Self.privateKeys()
        let encrypted = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC," + String(repeating: "8B5E", count: 8)]
        let keys = [
            Self.key("RSA PRIVATE KEY", encrypted, lines: 25),
            Self.key(
                "PGP PRIVATE KEY BLOCK",
                ["Version: GnuPG v2.4 (GNU/Linux)", "Comment: https://example.org/keys?of=me"],
                lines: 40
            ),
            // What is read again of it would end within an escape.
            Self.key("DUMMY PRIVATE KEY", encrypted, lines: 45, newline: "\\n"),
        ]
        for key in keys {
            for length in stride(from: 880, through: 960, by: 8) {
                let before = String(String(repeating: "la ", count: 320).prefix(length))
                let text = before + key + String(repeating: " lo", count: 60)
                let output = passed(text, isLate: true) { bytes in
                    let text = String(decoding: bytes, as: UTF8.self)
                    let segment = TextSegment(path: "/choices/0/message/content", role: .assistant, text: text)
                    return rules.matches(in: [segment], views: [TextViews(asItIs: text)], phase: .output).map(\.span)
                }
                #expect(!output.contains("Q"), "\(length) bytes in front of \(key.prefix(40))")
                #expect(output.hasSuffix(" lo"))
            }
        }
    }

    @Test(arguments: [false, true])
    func `a long word that is known by its end alone is seen from its beginning`(isLate: Bool) {
        let word = "<" + String(repeating: "a", count: 1400) + "!" + String(repeating: "b", count: 60) + ">"
        let text = String(repeating: "la ", count: 600) + word + " lo"
        let output = passed(text, isLate: isLate) { text in
            text.contains(UInt8(ascii: "!")) ? bracketed(text) : []
        }
        #expect(!output.contains("b"))
        #expect(output.hasSuffix("[x] lo"))
    }

    @Test func `a text that goes on behind its end is judged on, and not whole until it ends again`() throws {
        var window = StreamWindow(bounds: HoldBack())
        window.append("Hello")
        window.finish()
        let first = try #require(window.next())
        #expect(window.release(first) == "Hello")
        window.append(" there")
        #expect(window.next() == nil)
        window.finish()
        let last = try #require(window.next())
        #expect(last.text == "Hello there")
        #expect(window.release(last) == " there")
    }

    @Test func `an empty text is never judged`() {
        var window = StreamWindow(bounds: HoldBack())
        window.append("")
        #expect(window.next(isLate: true) == nil)
        window.finish()
        #expect(window.next() == nil)
    }
}
