import Foundation
import Testing

@testable import Transformer

struct SessionTests {
    private let tokens: [Int32] = [3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 49, 0]

    private func logits(_ session: Session, at row: Int? = nil) -> [Float] {
        session.withLogits(at: row ?? session.count - 1) { Array($0) }
    }

    private func read(_ model: LlamaModel, _ tokens: [Int32]) throws -> [Float] {
        let session = Session(model: model, capacity: 64)
        try session.append(tokens)
        return logits(session)
    }

    @Test(arguments: TensorType.allCases)
    func resultsDoNotDependOnPiecesLevelsOrThreads(type: TensorType) throws {
        let tiny = TinyModel(type)
        let reference = try read(try tiny.model(threads: 1, level: .generic), tokens)
        #expect(!reference.contains { !$0.isFinite })
        #expect(Set(reference).count > 10)
        for level in KernelLevel.allCases where level.isSupported {
            let model = try tiny.model(threads: 2, level: level)
            let whole = try read(model, tokens)
            #expect(whole == reference)
            let session = Session(model: model, capacity: 64)
            for token in tokens { try session.append([token]) }
            #expect(logits(session) == reference)
        }
    }

    @Test func deepeningContinuesWhereTheLowerLayersStopped() throws {
        let model = try TinyModel(.q41).model()
        let reference = try read(model, tokens)
        let session = Session(model: model, capacity: 64)
        for depth in 0...3 {
            session.reset(depth: depth)
            try session.append(Array(tokens.prefix(5)))
            try session.append(Array(tokens.dropFirst(5)))
            #expect(session.depth == depth)
            try session.deepen()
            #expect(session.depth == 3)
            #expect(logits(session) == reference)
        }
    }

    @Test func moreTokensThanABlockGiveWhatOneByOneGives() throws {
        let model = try TinyModel().model()
        let long = (0..<200).map { Int32($0 * 7 % 50) }
        let whole = Session(model: model, capacity: 200)
        try whole.append(long)
        let single = Session(model: model, capacity: 256)
        for token in long { try single.append([token]) }
        #expect(logits(whole) == logits(single))
        #expect(logits(whole, at: 3) == logits(single, at: 3))
    }

    @Test func aResetSessionRemembersNothing() throws {
        let model = try TinyModel().model()
        let session = Session(model: model, capacity: 64)
        try session.append([1, 2, 3, 4, 5])
        session.reset()
        try session.append(tokens)
        let fresh = try read(model, tokens)
        #expect(logits(session) == fresh)
    }

    @Test func aTokenOutsideTheVocabularyIsRefusedAndNothingIsAdded() throws {
        let session = Session(model: try TinyModel().model(), capacity: 8)
        for token in [-1, 50, .max, .min] as [Int32] {
            #expect(throws: SessionError.tokenOutOfRange(token)) { try session.append([1, token]) }
        }
        #expect(session.count == 0)
    }

    @Test func moreThanFitsIsRefusedAndNothingIsAdded() throws {
        let session = Session(model: try TinyModel().model(), capacity: 4)
        try session.append([1, 2, 3])
        #expect(throws: SessionError.capacityExceeded(needed: 5, capacity: 4)) { try session.append([1, 2]) }
        #expect(session.count == 3)
        try session.append([4])
        #expect(session.count == 4)
        #expect(Session(model: session.model, capacity: 10_000).capacity == 256)
    }

    @Test func cancellingEndsTheWorkWithinALayer() throws {
        let session = Session(model: try TinyModel().model(), capacity: 8)
        var looks = 0
        #expect(throws: SessionError.cancelled) {
            try session.append(
                [1, 2],
                isCancelled: {
                    looks += 1
                    return looks == 2
                }
            )
        }
        #expect(looks == 2)
        #expect(session.count == 0)
        try session.append([1])
        #expect(session.count == 1)
    }
}
