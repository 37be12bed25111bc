import Testing

@testable import Gateway

@Suite struct AdminQueryTests {
    @Test func readsNamesAndValues() {
        let query = AdminQuery("/api/decisions?action=block&request=a%2Fb+c&tenant=%C3%A9")
        #expect(query["action"] == "block")
        #expect(query["request"] == "a/b c")
        #expect(query["tenant"] == "é")
        #expect(query["model"] == nil)
    }

    @Test(arguments: [
        "/api", "/api?", "/api?action", "/api?action=", "/api?action=%", "/api?action=%4", "/api?action=%zz",
        "/api?action=%FF", "/api?&&&", "/api?=block",
    ])
    func whatIsNoValueIsNone(_ target: String) { #expect(AdminQuery(target)["action"] == nil) }

    @Test func numbersAreHeldToTheirRange() {
        let query = AdminQuery("/?limit=999999999999&low=-5&word=ten")
        #expect(query.integer("limit", 1, in: 0...500) == 500)
        #expect(query.integer("low", 1, in: 0...500) == 0)
        #expect(query.integer("word", 7, in: 0...500) == 7)
        #expect(query.integer("absent", 7, in: 0...500) == 7)
    }
}
