import Foundation
import GuardCore
import Testing
import Transformer

@testable import GuardianModel

struct DetectionHeadTests {
    /// A linear head of two states of two floats: output i is i times the first float plus the third.
    private func head(_ normalization: DetectionManifest.Normalization?) throws -> DetectionHead {
        var weights: [Float] = []
        for output in 0..<DetectionHead.outputs { weights += [Float(output), 0, 1, 0] }
        return try head(normalization, width: 2, weights: weights)
    }

    /// A linear head of two states; `weights` are [outputs][2 * width].
    private func head(
        _ normalization: DetectionManifest.Normalization?,
        width: Int,
        weights: [Float]
    ) throws -> DetectionHead {
        let outputs = DetectionHead.outputs
        let features = 2 * width
        let tensors: [(name: String, shape: [Int], values: [Float])] = [
            ("feature.mean", [features], [Float](repeating: 0, count: features)),
            ("feature.std", [features], [Float](repeating: 1, count: features)),
            ("head.w2", [outputs, features], weights),
            ("head.b2", [outputs], [Float](repeating: 0.5, count: outputs)),
        ]
        var header: [String: Any] = [:]
        var body = Data()
        for tensor in tensors {
            let start = body.count
            for value in tensor.values {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
            }
            header[tensor.name] = ["dtype": "F32", "shape": tensor.shape, "data_offsets": [start, body.count]]
        }
        let text = try JSONSerialization.data(withJSONObject: header)
        let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("head-\(UUID().uuidString)")
        try (length + text + body).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try DetectionHead(
            SafetensorsFile(path: file.path),
            states: 2,
            width: width,
            normalization: normalization,
            calibration: [DetectionManifest.Calibration](repeating: .init(name: "x", a: 2, c: -1), count: outputs)
        )
    }

    @Test func aHeadWithoutHiddenUnitsIsLinear() throws {
        let logits = try head(nil).logits([3, 9, 10, 9])
        for (output, logit) in logits.enumerated() { #expect(logit == Float(3 * output) + 10.5) }
    }

    @Test(arguments: [1, 7, 8, 9, 24, 29])
    func everyFloatCountsOnceWhateverTheWidth(_ width: Int) throws {
        let features = 2 * width
        // Whole numbers, so that sums are exact in any order.
        let weights = (0..<DetectionHead.outputs * features).map { Float($0 % 11 - 5) }
        let states = (0..<features).map { Float($0 % 7 + 1) }
        let logits = try head(nil, width: width, weights: weights).logits(states)
        for (output, logit) in logits.enumerated() {
            let row = weights[output * features..<(output + 1) * features]
            #expect(logit == zip(row, states).reduce(0.5) { $0 + $1.0 * $1.1 })
        }
    }

    @Test func eachStateIsBroughtToUnitSizeByItself() throws {
        let head = try head(.rms)
        let logits = head.logits([3, 4, 0, 100])
        // The root mean square of 3 and 4 is 3.5355, and the second state's first float is zero at any size.
        for (output, logit) in logits.enumerated() { #expect(abs(logit - (0.848_528 * Float(output) + 0.5)) < 1e-4) }
        for (a, b) in zip(logits, head.logits([300, 400, 0, 1])) { #expect(abs(a - b) < 1e-4) }
    }

    @Test func aStateOfZerosStaysFinite() throws {
        #expect(try head(.rms).logits([0, 0, 0, 0]).allSatisfy { $0 == 0.5 })
    }

    @Test func calibrationTurnsLogitsIntoProbabilities() throws {
        let assessment = try head(nil).assessment([Float](repeating: 0.5, count: DetectionHead.outputs), tokens: 7)
        #expect(assessment.harm == 0.5)
        #expect(HarmCategory.allCases.allSatisfy { assessment.categories[$0] == 0.5 })
        #expect(assessment.tokens == 7)
    }
}
