import GuardCore
import Testing

@testable import Guard

@Suite struct TurnTextTests {
    private let segments = [
        TextSegment(path: "/messages/0/content", role: .system, turn: 0, text: "Be kind."),
        TextSegment(path: "/messages/1/content/0/text", role: .user, turn: 1, text: "Hello"),
        TextSegment(path: "/messages/1/content/1/text", role: .user, turn: 1, text: "wörld"),
        TextSegment(path: "/stop/0", role: .context, text: "END"),
        TextSegment(path: "/user", role: .context, text: "u-1"),
    ]

    @Test func `parts of one turn and role are one text`() {
        let turns = TurnText.grouping(segments)
        #expect(turns.map(\.members) == [[0], [1, 2], [3, 4]])
        #expect(turns.map(\.role) == [.system, .user, .context])
    }

    @Test(arguments: [1, 16, 17, 18, 40])
    func `turns are told apart however many there are`(count: Int) {
        let segments = (0..<2 * count).map { number in
            TextSegment(path: "/\(number)", role: .user, turn: number % count, text: "\(number)")
        }
        #expect(TurnText.grouping(segments).map(\.members) == (0..<count).map { [$0, $0 + count] })
    }

    @Test func `a join remembers where each part starts in bytes`() {
        let turn = TurnText(members: [2, 1], role: .user, turn: 1)
        let (text, starts) = turn.joined(segments, separator: " ")
        #expect(text == "wörld Hello")
        #expect(starts == [0, 7])
    }
}
