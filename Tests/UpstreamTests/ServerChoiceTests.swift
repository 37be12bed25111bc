import Testing

@testable import Upstream

@Suite struct ServerChoiceTests {
    @Test func `equal servers take turns`() {
        var choice = ServerChoice(weights: [1, 1, 1])
        var order: [Int] = []
        for _ in 0..<6 {
            let server = choice.begin { _ in true }
            order.append(server)
            choice.end(server)
        }
        #expect(order == [0, 1, 2, 0, 1, 2])
    }

    @Test func `exchanges under way are shared by weight`() {
        var choice = ServerChoice(weights: [1, 3])
        for _ in 0..<40 { _ = choice.begin { _ in true } }
        #expect(choice.load(of: 0) == 10)
        #expect(choice.load(of: 1) == 30)
    }

    @Test func `the least loaded is chosen`() {
        var choice = ServerChoice(weights: [1, 1])
        for _ in 0..<10 { _ = choice.begin { $0 == 0 } }
        for _ in 0..<10 { #expect(choice.begin { _ in true } == 1) }
    }

    @Test func `what is out or was tried is avoided as long as there is another`() {
        var choice = ServerChoice(weights: [1, 1, 1])
        #expect(choice.begin(avoiding: [0]) { $0 != 1 } == 2)
        #expect(choice.begin(avoiding: [0, 2]) { $0 != 1 } == 1)
        #expect(choice.begin { _ in false } < 3)
        #expect(choice.begin(avoiding: [0, 1, 2]) { $0 == 1 } == 1)
    }

    @Test func `a weight of nothing counts as one`() {
        var choice = ServerChoice(weights: [0, -4])
        for _ in 0..<10 { _ = choice.begin { _ in true } }
        #expect(choice.load(of: 0) == 5)
    }
}
