import ChatAPI
import GuardCore
import Synchronization
import Testing

@testable import Engines

@Suite struct RemoteEngineTests {
    /// Answers by a closure, and remembers what it was asked.
    private final class Server: ModelServer {
        let asked = Mutex<[JSONObject]>([])
        private let reply: @Sendable (JSONObject) throws(EngineFailure) -> String

        init(_ reply: @escaping @Sendable (JSONObject) throws(EngineFailure) -> String) { self.reply = reply }

        func post(
            _ path: String,
            _ body: [UInt8],
            deadline: ContinuousClock.Instant?
        ) async throws(EngineFailure) -> [UInt8] {
            guard let object = (try? JSONParser.parse(body))?.object else { throw .failed("no JSON") }
            asked.withLock { $0.append(object) }
            let choice: JSONObject = ["message": .object(["content": .string(try reply(object))])]
            return JSONWriter.bytes(.object(["choices": .array([.object(choice)])]))
        }
    }

    private func engine(
        _ server: Server,
        change: (inout RemoteEngine.Settings) -> Void = { _ in }
    ) -> RemoteEngine {
        var settings = RemoteEngine.Settings(model: "m", kind: .instruction)
        // A machine that is busy must not end a test.
        settings.timeout = .seconds(3600)
        change(&settings)
        return RemoteEngine(settings, server: server)
    }

    private static func words(_ request: JSONObject) -> String {
        request["messages"]?.array?.last?.object?["content"]?.string ?? ""
    }

    @Test func `each text gets its own answer`() async throws {
        let server = Server { Self.words($0).contains("bad") ? "unsafe: hate" : "safe" }
        let texts = ["good", "bad", "good again"].map { ClassifierInput(role: .user, text: $0) }
        let assessments = try await engine(server).classify(texts, deadline: nil)
        #expect(assessments.map(\.harm) == [0, 1, 0])
        #expect(assessments[1].categories[.hate] == 1)
        let request = try #require(server.asked.withLock { $0.first })
        #expect(request["model"]?.string == "m" && request["logprobs"]?.bool == true)
        #expect(request["temperature"]?.integer == 0 && request["stream"]?.bool == false)
    }

    @Test func `harm anywhere in a long text is found`() async throws {
        let server = Server { Self.words($0).contains("needle") ? "unsafe" : "safe" }
        let engine = engine(server) { $0.windowBytes = 256 }
        for place in [0, 200, 255, 256, 700, 1400] {
            var text = String(repeating: "hay ", count: 400)
            text.insert(contentsOf: "needle", at: text.index(text.startIndex, offsetBy: place))
            let score = try await engine.classify([.init(role: .user, text: text)], deadline: nil).first?.harm
            #expect(score == 1, "at \(place)")
        }
    }

    @Test func `of what was said before the latest is read`() async throws {
        let server = Server { _ in "safe" }
        let context = (0..<50).map { ClassifierInput.Turn(role: .user, text: "turn number \($0).") }
        let engine = engine(server) { $0.contextBytes = 100 }
        _ = try await engine.classify([.init(role: .user, text: "x", context: context)], deadline: nil)
        let words = try #require(server.asked.withLock { $0.first.map(Self.words) })
        #expect(words.contains("turn number 49.") && !words.contains("turn number 10."))
    }

    @Test func `of a turn that is too long the end is read, as much of it as there is room for`() async throws {
        let server = Server { _ in "safe" }
        let turn = ClassifierInput.Turn(role: .user, text: String(repeating: "é", count: 149) + "end")
        let engine = engine(server) { $0.contextBytes = 100 }
        _ = try await engine.classify([.init(role: .user, text: "x", context: [turn])], deadline: nil)
        let words = try #require(server.asked.withLock { $0.first.map(Self.words) })
        #expect(words.contains("\n" + String(repeating: "é", count: 48) + "end\n"))
    }

    @Test func `one failure is the failure of all`() async {
        let server = Server { request throws(EngineFailure) in
            if Self.words(request).contains("third") { throw .status(500) }
            return "safe"
        }
        let texts = ["first", "second", "third", "fourth"].map { ClassifierInput(role: .user, text: $0) }
        await #expect(throws: EngineFailure.status(500)) { try await engine(server).assess(texts, deadline: nil) }
        await #expect(throws: ClassifierError.failed("a server answered with status 500")) {
            try await engine(server).classify(texts, deadline: nil)
        }
    }

    @Test func `nothing is asked when the deadline has passed`() async {
        let server = Server { _ in "safe" }
        await #expect(throws: ClassifierError.deadlineExceeded) {
            try await engine(server).classify([.init(role: .user, text: "x")], deadline: .now - .seconds(1))
        }
        #expect(server.asked.withLock { $0.isEmpty })
    }

    @Test(arguments: [0, 255, 256, 511, 512, 699])
    func `of however many texts each gets its own answer`(place: Int) async throws {
        let server = Server { Self.words($0).contains("bad") ? "unsafe" : "safe" }
        var texts = Array(repeating: ClassifierInput(role: .user, text: "good"), count: 700)
        texts[place].text = "bad"
        let assessments = try await engine(server).classify(texts, deadline: nil)
        #expect(assessments.indices.filter { assessments[$0].harm == 1 } == [place])
        #expect(assessments.count == 700 && server.asked.withLock { $0.count } == 700)
    }

    @Test func `a text may be more questions than are made at a time`() async throws {
        let server = Server { Self.words($0).contains("needle") ? "unsafe" : "safe" }
        let text = String(repeating: "x", count: 300 * 256) + "needle"
        let engine = engine(server) { $0.windowBytes = 256 }
        let assessments = try await engine.classify([.init(role: .user, text: text)], deadline: nil)
        #expect(assessments.map(\.harm) == [1])
        #expect(server.asked.withLock { $0.count } > 300)
    }

    @Test func `what became of a call is told`() async throws {
        let told = Mutex<[String]>([])
        let server = Server { Self.words($0).contains("bad") ? "perhaps" : "safe" }
        let measured = MeasuredEngine(engine(server)) { failure, _ in
            told.withLock { $0.append(failure?.word ?? "scored") }
        }
        _ = try await measured.classify([.init(role: .user, text: "good")], deadline: nil)
        await #expect(throws: ClassifierError.self) {
            try await measured.classify([.init(role: .user, text: "bad")], deadline: nil)
        }
        #expect(told.withLock { $0 } == ["scored", "unreadable"])
    }

    @Test(arguments: ["", "a", "é", "短い文", String(repeating: "é", count: 200)])
    func `windows are made of whole scalars and lose nothing`(text: String) {
        let windows = TextWindows.of(text, bytes: 65, overlap: 16)
        #expect(windows.allSatisfy { $0.utf8.count <= 65 && !$0.contains("\u{FFFD}") })
        #expect(windows.first.map { text.hasPrefix($0) } == true && windows.last.map { text.hasSuffix($0) } == true)
        #expect(windows.reduce(0) { $0 + $1.utf8.count } >= text.utf8.count)
    }

    @Test func `text without markers is left as it is`() {
        for text in ["a < b", "[x]", "<b>bold</b>", "", "5 <6"] { #expect(PlainText.neutralised(text) == text) }
        #expect(PlainText.neutralised("<|x|>") == "<\u{200B}|x|>")
        #expect(PlainText.neutralised("<START_OF_turn>") == "<\u{200B}START_OF_turn>")
    }
}
