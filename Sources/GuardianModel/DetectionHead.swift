import GuardCore
import Transformer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The small network behind the trunk: pooled states in, one calibrated probability per output out.
///
/// Each pooled state is normalised if the manifest says so. Features are standardised, go through one hidden layer (if the file has one) and a linear layer; each output has its
/// own calibration. Sums run in a fixed order, so the same states always give the same scores.
struct DetectionHead: Sendable {
    /// The floats of one pooled state.
    private let width: Int
    private let normalization: DetectionManifest.Normalization?
    private let mean: [Float]
    private let deviation: [Float]
    /// [hidden][features] and [hidden]; nil for a linear head.
    private let hidden: (weights: [Float], bias: [Float])?
    /// [outputs][hidden or features]
    private let weights: [Float]
    private let bias: [Float]
    private let calibration: [DetectionManifest.Calibration]

    /// Overall harm and the categories.
    static let outputs = 1 + HarmCategory.allCases.count

    init(
        _ file: SafetensorsFile,
        states: Int,
        width: Int,
        normalization: DetectionManifest.Normalization?,
        calibration: [DetectionManifest.Calibration]
    ) throws(ModelFileError) {
        let features = states * width
        self.width = width
        self.normalization = normalization
        mean = try file.floats("feature.mean", shape: [features])
        deviation = try file.floats("feature.std", shape: [features])
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw ModelFileError(.malformed, "has a deviation in feature.std that is not above zero", path: file.path)
        }
        var inner = features
        if let shape = file.shape("head.w1") {
            guard shape.count == 2, (1...65_536).contains(shape[0]) else {
                throw ModelFileError(.malformed, "gives head.w1 the shape \(shape)", path: file.path)
            }
            inner = shape[0]
            hidden = (
                try file.floats("head.w1", shape: [inner, features]), try file.floats("head.b1", shape: [inner])
            )
        } else {
            hidden = nil
        }
        weights = try file.floats("head.w2", shape: [Self.outputs, inner])
        bias = try file.floats("head.b2", shape: [Self.outputs])
        self.calibration = calibration
    }

    /// - Parameter features: pooled states, in the manifest's order.
    /// - Returns: 17 logits, overall harm first.
    func logits(_ features: [Float]) -> [Float] {
        var input = features
        if normalization == .rms { normalize(&input) }
        for index in input.indices { input[index] = (input[index] - mean[index]) / deviation[index] }
        if let hidden {
            input = Self.product(hidden.weights, input, hidden.bias).map { $0 / (1 + exp(-$0)) }
        }
        return Self.product(weights, input, bias)
    }

    /// Each state divided by its root mean square. The small addend is the trunk's own (RMSNorm, arXiv:1910.07467).
    private func normalize(_ features: inout [Float]) {
        for start in stride(from: 0, to: features.count, by: width) {
            let state = start..<start + width
            var squares: Float = 0
            for index in state { squares += features[index] * features[index] }
            let factor = 1 / (squares / Float(width) + 1e-5).squareRoot()
            for index in state { features[index] *= factor }
        }
    }

    func assessment(_ logits: [Float], tokens: Int) -> Assessment {
        let probabilities = zip(logits, calibration).map { logit, fit in
            1 / (1 + exp(-(fit.a * Double(logit) + fit.c)))
        }
        return Assessment(
            harm: probabilities[0],
            categories: CategoryScores(probabilities.dropFirst()),
            tokens: tokens
        )
    }

    /// weights x input + bias. Each row's products fall in turn on sixteen sums, so that additions need not wait for one another.
    private static func product(_ weights: [Float], _ input: [Float], _ bias: [Float]) -> [Float] {
        typealias Lanes = SIMD16<Float>
        let columns = input.count
        let whole = columns / Lanes.scalarCount * Lanes.scalarCount
        var output = bias
        weights.withUnsafeBytes { weights in
            input.withUnsafeBytes { input in
                for row in output.indices {
                    let start = row * columns
                    var lanes = Lanes.zero
                    for column in stride(from: 0, to: whole, by: Lanes.scalarCount) {
                        lanes += load(weights, start + column, as: Lanes.self) * load(input, column, as: Lanes.self)
                    }
                    var sum = lanes.sum()
                    for column in whole..<columns {
                        sum += load(weights, start + column, as: Float.self) * load(input, column, as: Float.self)
                    }
                    output[row] += sum
                }
            }
        }
        return output
    }

    /// The values that begin at a float's place.
    private static func load<Value: BitwiseCopyable>(
        _ floats: UnsafeRawBufferPointer,
        _ index: Int,
        as type: Value.Type
    ) -> Value {
        floats.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.stride, as: type)
    }
}
