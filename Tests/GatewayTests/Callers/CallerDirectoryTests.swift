import ChatAPI
import NIOHTTP1
import TLS
import Testing

@testable import Gateway

@Suite struct CallerDirectoryTests {
    private let address = "192.0.2.1"

    private func directory() throws -> CallerDirectory {
        let hash = try Digest.sha256Hex(of: Array("a key".utf8))
        return CallerDirectory(CallerKeys(callers: [hash: Caller(name: "bot")]))
    }

    @Test(arguments: [
        (ErrorForm.openAI, "authorization", "Bearer a key"), (.openAI, "authorization", "bearer  a key"),
        (.anthropic, "x-api-key", "a key"), (.anthropic, "authorization", "Bearer a key"),
        (.gemini, "x-goog-api-key", "a key"),
        (.ollama, "authorization", "Bearer a key"),
    ]) func aKeyIsKnownWhereItsAPIShowsIt(form: ErrorForm, field: String, value: String) throws {
        let identity = try directory().identify([field: value], form: form, address: address)
        #expect(identity.caller == Caller(name: "bot"))
        #expect(!identity.account.contains("a key"))
    }

    @Test(
        arguments: [
            [:], ["authorization": "Bearer another"], ["authorization": "Basic a key"], ["authorization": "a key"],
            ["authorization": "Bearer "], ["x-api-key": ""],
            // The field that the API looks into first is the one that counts.
            ["authorization": "Bearer another", "x-api-key": "a key"],
        ] as [HTTPHeaders]
    ) func nobodyGetsInWithoutOne(headers: HTTPHeaders) throws {
        let directory = try directory()
        let error = #expect(throws: ChatAPIError.self) {
            try directory.identify(headers, form: .openAI, address: address)
        }
        #expect(error?.status == 401)
        #expect(
            error?.message.contains("a key of") != true || headers.isEmpty
                || error?.message.contains("Bearer KEY") == true
        )
    }

    @Test func keysThatWereTakenAwayAreNoMoreKnown() throws {
        let directory = try directory()
        directory.replace(CallerKeys())
        #expect(throws: ChatAPIError.self) {
            try directory.identify(["authorization": "Bearer a key"], form: .openAI, address: address)
        }
    }

    @Test func withoutKeysCallersAreToldApartByWhatTheyShow() throws {
        let open = CallerDirectory()
        let one = try open.identify(["authorization": "Bearer one"], form: .openAI, address: address)
        let same = try open.identify(["x-api-key": "one"], form: .anthropic, address: nil)
        let two = try open.identify(["authorization": "Bearer two"], form: .openAI, address: address)
        let none = try open.identify([:], form: .openAI, address: address)
        #expect(one == same)
        #expect(Set([one.account, two.account, none.account]).count == 3)
        #expect(none.account == "address 192.0.2.1")
        #expect(!one.account.contains("one"))
    }
}
