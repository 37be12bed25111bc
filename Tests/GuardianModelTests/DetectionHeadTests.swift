import Foundation
import GuardCore
import Testing
import Transformer

@testable import GuardianModel

struct DetectionHeadTests {
    /// A linear head of two states of two floats: output i is i times the first float plus the third.
    private func head(_ normalization: DetectionManifest.Normalization?) throws -> DetectionHead {
        let outputs = DetectionHead.outputs
        var weights: [Float] = []
        for output in 0..<outputs { weights += [Float(output), 0, 1, 0] }
        let tensors: [(name: String, shape: [Int], values: [Float])] = [
            ("feature.mean", [4], [0, 0, 0, 0]), ("feature.std", [4], [1, 1, 1, 1]),
            ("head.w2", [outputs, 4], weights), ("head.b2", [outputs], [Float](repeating: 0.5, count: outputs)),
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
            width: 2,
            normalization: normalization,
            calibration: [DetectionManifest.Calibration](repeating: .init(name: "x", a: 2, c: -1), count: outputs)
        )
    }

    @Test func aHeadWithoutHiddenUnitsIsLinear() throws {
        let logits = try head(nil).logits([3, 9, 10, 9])
        for (output, logit) in logits.enumerated() { #expect(logit == Float(3 * output) + 10.5) }
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
