import Testing

@testable import Proxy

@Suite struct RequestIDsTests {
    @Test func identifiersAre32HexadecimalDigitsAndDiffer() {
        var source = RequestIDs()
        let ids = (0..<1000).map { _ in source.next() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }
}
