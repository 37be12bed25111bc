import GuardCore
import Testing

@testable import ChatAPI

/// The same words are put into every field of a request and of an answer: each is read, or refused.
struct FieldMatrixTests {
    private static let words = "purple zebra protocol"

    @Test func everyGuardedPathHasAFixture() {
        let names = Set(FieldFixture.all.map(\.dialect.name))
        for path in Endpoint.guardedPaths {
            let path = path.split(separator: "{model}").joined(separator: "m")
            #expect(Endpoint(method: "POST", path: path).map { names.contains($0.name) } ?? false, "\(path)")
        }
    }

    @Test(arguments: FieldFixture.all)
    func theFixtureItselfIsRead(fixture: FieldFixture) throws {
        let request = try fixture.dialect.request(parsing: JSONWriter.bytes(fixture.request))
        #expect(!request.segments.isEmpty)
        #expect(request.serialized == JSONWriter.bytes(fixture.request))
        guard let answer = fixture.answer else { return }
        #expect(try fixture.dialect.answer(parsing: JSONWriter.bytes(answer)).serialized == JSONWriter.bytes(answer))
    }

    @Test(arguments: FieldFixture.all)
    func wordsInAnyStringOfARequestAreRead(fixture: FieldFixture) throws {
        for place in fixture.request.stringPlaces() {
            let body = fixture.request.replacingStrings { $0 == place ? Self.words : nil }
            do throws(ChatAPIError) {
                let request = try fixture.dialect.request(parsing: JSONWriter.bytes(body))
                let found = request.segments.filter { $0.text == Self.words }
                #expect(found.map(\.path) == [place], "\(place)")
                let edited = try request.editing(replacements: [place: "x"], steering: [])
                #expect(!String(decoding: edited.serialized, as: UTF8.self).contains(Self.words), "\(place)")
            } catch {
                #expect(error.status == 400, "\(place)")
            }
        }
    }

    @Test func wordsInPlaceOfAModelsNameAreNotForRecords() throws {
        let named = try ChatCompletions().request(
            parsing: Array(#"{"model":"org/m-1.5:x","messages":[{"role":"user","content":"a"}]}"#.utf8)
        )
        #expect(named.modelForRecords == "org/m-1.5:x")
        let wordy = try ChatCompletions().request(
            parsing: Array(#"{"model":"\#(Self.words)","messages":[{"role":"user","content":"a"}]}"#.utf8)
        )
        #expect(wordy.modelForRecords == nil)
    }

    @Test(arguments: FieldFixture.all)
    func wordsInAnUnknownMemberOfARequestAreRead(fixture: FieldFixture) throws {
        for (place, body) in fixture.request.addingMember(.init(name: "nobody_knows", value: .string(Self.words))) {
            let request = try fixture.dialect.request(parsing: JSONWriter.bytes(body))
            let found = request.segments.filter { $0.text == Self.words }
            #expect(found.count == 1, "\(place)")
            if place.isEmpty { #expect(found.map(\.role) == [.user]) }
        }
        for (place, body) in fixture.request.addingMember(.init(name: Self.words, value: .null)) {
            let request = try fixture.dialect.request(parsing: JSONWriter.bytes(body))
            #expect(request.segments.count { $0.text == Self.words } == 1, "\(place)")
        }
    }

    @Test(arguments: FieldFixture.all)
    func wordsInAnyStringOfAnAnswerAreRead(fixture: FieldFixture) throws {
        guard let whole = fixture.answer else { return }
        for place in whole.stringPlaces() {
            let body = whole.replacingStrings { $0 == place ? Self.words : nil }
            let answer = try fixture.dialect.answer(parsing: JSONWriter.bytes(body))
            #expect(answer.segments.filter { $0.text == Self.words }.map(\.path) == [place], "\(place)")
            let edited = answer.editing(replacements: [place: "x"])
            #expect(!String(decoding: edited.serialized, as: UTF8.self).contains(Self.words), "\(place)")
        }
        for (place, body) in whole.addingMember(.init(name: "nobody_knows", value: .string(Self.words))) {
            let answer = try fixture.dialect.answer(parsing: JSONWriter.bytes(body))
            #expect(answer.segments.contains { $0.text == Self.words }, "\(place)")
        }
    }

    /// Whether the dialect's table has an identifier, or data, at a place.
    private func isListed(_ place: String, _ fields: FieldTable) -> Bool {
        let steps = place.split(separator: "/").map(String.init)
        let names = steps.filter { Int($0) == nil }
        guard let name = names.last else { return false }
        let isForeign = zip(names, names.dropFirst()).contains { holder, member in
            fields.descriptions[holder].map { !$0.contains(member) } ?? false
        }
        let isIdentifier = fields.identifiers.contains(name) && (steps.last == name || fields.lists.contains(name))
        return !isForeign && (isIdentifier || fields.data.contains { $0.member == name })
    }

    /// What would be short and plain enough for an identifier is read anyway, unless its place is on the list.
    @Test(arguments: FieldFixture.all)
    func onlyListedPlacesHoldIdentifiers(fixture: FieldFixture) throws {
        let fields = fixture.dialect.fields
        for place in fixture.request.stringPlaces() {
            let body = fixture.request.replacingStrings { $0 == place ? "zebra" : nil }
            guard let request = try? fixture.dialect.request(parsing: JSONWriter.bytes(body)) else { continue }
            #expect(request.segments.contains { $0.text == "zebra" } || isListed(place, fields), "\(place)")
        }
        for place in fixture.answer?.stringPlaces() ?? [] {
            let body = fixture.answer?.replacingStrings { $0 == place ? "zebra" : nil } ?? .null
            let answer = try fixture.dialect.answer(parsing: JSONWriter.bytes(body))
            #expect(answer.segments.contains { $0.text == "zebra" } || isListed(place, fields), "\(place)")
        }
    }

    /// Where one short word may stand unread, many are a text.
    @Test(arguments: FieldFixture.all)
    func aListOfShortWordsIsRead(fixture: FieldFixture) throws {
        let fields = fixture.dialect.fields
        let list = JSONValue.array([.string("zebra"), .string("zebra")])
        func isRead(_ segments: [TextSegment], at place: String) -> Bool {
            let name = place.split(separator: "/").map(String.init).last { Int($0) == nil } ?? ""
            return segments.count { $0.text == "zebra" } == 2 || fields.lists.contains(name)
                || fields.data.contains { $0.member == name }
        }
        for place in fixture.request.stringPlaces() {
            let body = fixture.request.replacing([place: list])
            guard let request = try? fixture.dialect.request(parsing: JSONWriter.bytes(body)) else { continue }
            #expect(isRead(request.segments, at: place), "\(place)")
        }
        for place in fixture.answer?.stringPlaces() ?? [] {
            let body = fixture.answer?.replacing([place: list]) ?? .null
            let answer = try fixture.dialect.answer(parsing: JSONWriter.bytes(body))
            #expect(isRead(answer.segments, at: place), "\(place)")
        }
    }

    /// Requests that repeat a text of an earlier answer token by token.
    private static let repeating: [(dialect: any Dialect, body: String)] = [
        (ChatCompletions(), #"{"model":"m","messages":[{"role":"assistant","content":"hello","logprobs":LIST}]}"#),
        (TextCompletions(), #"{"model":"m","prompt":"hello","logprobs":LIST}"#),
        (Embeddings(), #"{"model":"m","input":"hello","logprobs":LIST}"#),
        (
            Responses(),
            #"{"model":"m","input":[{"role":"assistant","content":[{"type":"output_text","text":"hello","logprobs":LIST}]}]}"#
        ),
        (Ollama(.chat), #"{"model":"m","messages":[{"role":"assistant","content":"hello","logprobs":LIST}]}"#),
        (
            GenerateContent(model: "m", isStream: false),
            #"{"contents":[{"role":"model","parts":[{"text":"hello"}],"logprobsResult":{"chosenCandidates":LIST}}]}"#
        ),
    ]

    @Test(arguments: repeating)
    func aRepetitionGoesOnceATextIsEdited(exchange: (dialect: any Dialect, body: String)) throws {
        let body = exchange.body.replacing("LIST", with: #"[{"token":"purple "},{"token":"zebra"}]"#)
        let request = try exchange.dialect.request(parsing: Array(body.utf8))
        let place = try #require(request.segments.first { $0.text == "purple zebra" }).path
        let edited = String(
            decoding: try request.editing(replacements: [place: "x"], steering: []).serialized,
            as: UTF8.self
        )
        #expect(!edited.contains("zebra") && edited.contains("hello"))
        #expect(try request.editing(replacements: [:], steering: []).serialized == request.serialized)
    }

    /// No list holds for what the caller or the LLM made up: arguments, schemas, labels, what nobody knows.
    @Test(arguments: FieldFixture.all)
    func nothingIsAnIdentifierWhereTheDialectSaysNothing(fixture: FieldFixture) throws {
        let fields = fixture.dialect.fields
        let member = JSONObject.Member(name: fields.identifiers.sorted()[0], value: .string("zebra"))
        for (place, body) in fixture.request.addingMember(member) {
            let names = place.split(separator: "/").map(String.init)
            guard names.contains(where: { fields.free.contains($0) && Int($0) == nil || $0 == "an_upstreams_own" }),
                let request = try? fixture.dialect.request(parsing: JSONWriter.bytes(body))
            else { continue }
            #expect(request.segments.contains { $0.text == "zebra" }, "\(place)")
        }
    }

    @Test(arguments: FieldFixture.all)
    func aMembersNameIsReadOrTheDialects(fixture: FieldFixture) throws {
        for place in fixture.request.namePlaces() {
            let body = fixture.request.replacingStrings { $0 == place ? "zebra" : nil }
            do throws(ChatAPIError) {
                let request = try fixture.dialect.request(parsing: JSONWriter.bytes(body))
                #expect(request.segments.contains { $0.text == "zebra" }, "\(place)")
                let edited = try request.editing(replacements: [place.replacingLastName("zebra"): "x"], steering: [])
                #expect(!String(decoding: edited.serialized, as: UTF8.self).contains("\"zebra\":"), "\(place)")
            } catch {
                #expect(error.status == 400, "\(place)")
            }
        }
        for place in fixture.answer?.namePlaces() ?? [] {
            let body = fixture.answer?.replacingStrings { $0 == place ? "zebra" : nil } ?? .null
            let answer = try fixture.dialect.answer(parsing: JSONWriter.bytes(body))
            #expect(answer.segments.contains { $0.text == "zebra" }, "\(place)")
        }
    }

    /// Whatever the fixtures hold beside what somebody made up is known, so that names cost nothing where there is nothing in them.
    @Test(arguments: FieldFixture.all)
    func theFixturesNamesAreKnown(fixture: FieldFixture) throws {
        let free = fixture.dialect.fields.free.union(["properties", "an_upstreams_own", "unheard_of", "words"])
        let request = try fixture.dialect.request(parsing: JSONWriter.bytes(fixture.request))
        for name in request.segments where name.kind == .name && name.path.hasSuffix(JSONPointer.nameSuffix) {
            let isFree = name.path.split(separator: "/").dropLast().contains { free.contains(String($0)) }
            #expect(isFree || free.contains(name.text), "\(name.path)")
        }
    }

    /// Where the operator's words stand, by fixture; nobody answers embeddings.
    private static let steeringPlaces: [String: [String]] = [
        "anthropic.count_tokens": ["/system/0/text"],
        "anthropic.messages": ["/system/0/text"],
        "gemini.count_tokens": ["/systemInstruction/parts/0/text"],
        "gemini.generate": ["/systemInstruction/parts/0/text"],
        "ollama.chat": ["/messages/0/content"],
        "ollama.generate": ["/system"],
        "openai.chat": ["/messages/0/content"],
        // There is no place for them but in front of each prompt.
        "openai.completions": ["/prompt/0", "/prompt/1"],
        "openai.embeddings": [],
        "openai.responses": ["/instructions"],
    ]

    @Test(arguments: FieldFixture.all)
    func steeringStandsBeforeTheConversation(fixture: FieldFixture) throws {
        let places = try #require(Self.steeringPlaces[fixture.name])
        let request = try fixture.dialect.request(parsing: JSONWriter.bytes(fixture.request))
        let steered = try request.editing(replacements: [:], steering: ["Point to a professional."])
        let found = steered.segments.filter { $0.text.contains("Point to a professional.") }
        #expect(found.map(\.path) == places)
        #expect(found.allSatisfy { $0.text.hasPrefix("Point to a professional.") })
        #expect(steered.segments.count >= request.segments.count)
    }

    @Test(arguments: FieldFixture.all)
    func hostileBodiesAreRefusedOrRead(fixture: FieldFixture) throws {
        var generator = SeededGenerator(seed: 7)
        let bytes = JSONWriter.bytes(fixture.request)
        for _ in 0..<300 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(ChatAPIError) {
                _ = try fixture.dialect.request(parsing: damaged)
            } catch {
                #expect(error.status == 400)
            }
        }
        for hostile in ["", "[]", "{}", "null", "{", #"{"model":1}"#, #"{"model":"m","messages":"x","input":7}"#] {
            do throws(ChatAPIError) {
                _ = try fixture.dialect.request(parsing: Array(hostile.utf8))
            } catch {
                #expect(error.status == 400)
            }
        }
    }
}
