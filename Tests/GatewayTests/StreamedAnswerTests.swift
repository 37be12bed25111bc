import ChatAPI
import Guard
import Policy
import Testing

@testable import Gateway

@Suite struct StreamedAnswerTests {
    /// What goes out of the texts of a stream whose events come one by one and are harmless, in the order of the texts.
    private func passed(_ dialect: any Dialect, _ events: [String]) throws -> [String] {
        // No text is late, so that nothing depends on the clock.
        var answer = StreamedAnswer(dialect.stream(), bounds: HoldBack(delay: .seconds(3600)))
        let now = ContinuousClock.now
        var texts: [Int: String] = [:]
        func judge() {
            while let (number, window) = answer.next(at: now) {
                texts[number, default: ""] += answer.release(window, of: number, redactions: [])
            }
        }
        for event in events {
            try answer.read(event.utf8, at: now)
            judge()
        }
        answer.finish()
        judge()
        return texts.sorted { $0.key < $1.key }.map(\.value)
    }

    @Test func `no text is lost behind a reason to finish that comes with each piece`() throws {
        let gemini = GenerateContent(model: "m", isStream: true)
        func event(_ text: String, of index: Int) -> String {
            let content = #"{"parts":[{"text":"\#(text)"}],"role":"model"}"#
            let candidate = #"{"content":\#(content),"finishReason":"STOP","index":\#(index)}"#
            return "data: " + #"{"candidates":[\#(candidate)]}"# + "\n\n"
        }
        let one = ["", "Soup ", "is ", "good."].map { event($0, of: 0) }
        #expect(try passed(gemini, one) == ["Soup is good."])
        let two = [event("Soup ", of: 0), event("Tea ", of: 1), event("is good.", of: 0), event("is hot.", of: 1)]
        #expect(try passed(gemini, two) == ["Soup is good.", "Tea is hot."])
    }

    @Test(arguments: [Ollama(.chat), Ollama(.generate)])
    func `thoughts behind the beginning of the text are not lost`(ollama: Ollama) throws {
        let isChat = ollama.name == "ollama.chat"
        func line(_ name: String, _ text: String, isLast: Bool = false) -> String {
            let member = isChat || name == "thinking" ? name : "response"
            let said = #"{"\#(member)":"\#(text)"}"#
            let holder = isChat ? #""message":\#(said)"# : String(said.dropFirst().dropLast())
            return #"{"model":"m",\#(holder),"done":\#(isLast)}"# + "\n"
        }
        let lines = [
            line("thinking", "They want soup. "), line("content", "Soup "), line("thinking", "Or tea."),
            line("content", "is good."), line("content", "", isLast: true),
        ]
        #expect(try passed(ollama, lines) == ["They want soup. Or tea.", "Soup is good."])
    }
}
