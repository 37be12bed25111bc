import Testing

@testable import Proxy

@Suite struct RequestIDTests {
    @Test func identifiersAre32HexadecimalDigitsAndDiffer() {
        let ids = (0..<1000).map { _ in RequestID.make() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }
}
