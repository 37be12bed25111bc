import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct AdminClientTests {
    @Test(arguments: ["127.0.0.1:9901", "localhost:9901", "[::1]:9901"])
    func anAddressIsNamedInTheRequestAsItWasGiven(_ address: String) throws {
        #expect(try AdminClient(address: address, token: nil).authority == address)
    }

    @Test func whereNobodyAnswersIsSaidAsItWasGiven() async throws {
        let client = try AdminClient(address: "[::1]:1", token: nil)
        let problem = await #expect(throws: AdminClient.Problem.self) { _ = try await client.get("/") }
        #expect(problem?.description.hasPrefix("nobody answers at [::1]:1: ") == true)
    }

    @Test func whatIsNoAddressIsRefused() {
        #expect(throws: AdminClient.Problem.self) { try AdminClient(address: "::1:x", token: nil) }
    }
}
