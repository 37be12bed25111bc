import ChatAPI
import NIOHTTP1
import TLS
import Testing

@testable import Gateway

@Suite struct CallerDirectoryTests {
    private let address = "192.0.2.1"
    private let target = "/v1/models"

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
        let identity = try directory().identify([field: value], target: target, form: form, address: address)
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
            try directory.identify(headers, target: target, form: .openAI, address: address)
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
            try directory.identify(["authorization": "Bearer a key"], target: target, form: .openAI, address: address)
        }
    }

    @Test func withoutKeysCallersAreToldApartByWhatTheyShow() throws {
        let open = CallerDirectory()
        let one = try open.identify(["authorization": "Bearer one"], target: target, form: .openAI, address: address)
        let same = try open.identify(["x-api-key": "one"], target: target, form: .anthropic, address: address)
        let two = try open.identify(["authorization": "Bearer two"], target: target, form: .openAI, address: address)
        let none = try open.identify([:], target: target, form: .openAI, address: address)
        #expect(one == same)
        #expect(Set([one.account, two.account, none.account]).count == 3)
        #expect(none.account == "address 192.0.2.1")
        #expect(!one.account.contains("one"))
    }

    @Test func `what the upstream does not get tells no callers apart`() throws {
        let closed = CallerDirectory(passesOnCredentials: false)
        for headers in [[:], ["authorization": "Bearer one"], ["x-api-key": "two"]] as [HTTPHeaders] {
            let identity = try closed.identify(headers, target: target, form: .openAI, address: address)
            #expect(identity == CallerIdentity(account: "address 192.0.2.1"))
        }
    }

    @Test(
        arguments: [
            [("x-api-key", "made up"), ("authorization", "Bearer real")],
            [("x-api-key", "made up"), ("authorization", "Basic real")],
            [("x-api-key", "made up"), ("x-api-key", "real")],
            [("x-api-key", "made up"), ("x-goog-api-key", "real")],
        ]
    )
    func `a caller who shows several keys is known by its address`(fields: [(String, String)]) throws {
        let headers = HTTPHeaders(fields)
        let identity = try CallerDirectory().identify(headers, target: target, form: .anthropic, address: address)
        #expect(identity.account == "address 192.0.2.1")
    }

    @Test(arguments: ["key=real", "alt=sse&key=real", "%6Bey=real"])
    func `a caller who shows a key in the target as well is known by its address`(query: String) throws {
        let identity = try CallerDirectory().identify(
            ["x-goog-api-key": "made up"],
            target: "/v1beta/models/m:generateContent?\(query)",
            form: .gemini,
            address: address
        )
        #expect(identity.account == "address 192.0.2.1")
    }

    @Test(arguments: [true, false])
    func `callers without an address are told apart by what they show, whatever else that is`(isPassedOn: Bool) throws {
        let directory = CallerDirectory(passesOnCredentials: isPassedOn)
        func account(_ headers: HTTPHeaders) throws -> String {
            try directory.identify(headers, target: "\(target)?key=other", form: .anthropic, address: nil).account
        }
        let one = try account(["x-api-key": "one", "authorization": "Bearer other"])
        let two = try account(["x-api-key": "two", "authorization": "Bearer other"])
        #expect(one != two && one.hasPrefix("shown ") && two.hasPrefix("shown "))
        #expect(try account([:]) == "address unknown")
    }

    @Test func `the same key in several places is one key`() throws {
        let open = CallerDirectory()
        let twice = try open.identify(
            ["x-api-key": "one", "authorization": "Bearer one", "x-goog-api-key": ""],
            target: target,
            form: .anthropic,
            address: address
        )
        let once = try open.identify(["x-api-key": "one"], target: target, form: .anthropic, address: address)
        #expect(twice == once && once.account.hasPrefix("shown "))
    }

    @Test(
        arguments: [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("fe80::1%eth0", "fe80::2%eth0", true),
        ]
    )
    func `an address of IPv6 counts by its network`(one: String, other: String, isSame: Bool) throws {
        let accounts = try [one, other].map {
            try CallerDirectory().identify([:], target: target, form: .openAI, address: $0).account
        }
        #expect((accounts[0] == accounts[1]) == isSame)
    }
}
