import Testing

@testable import Transformer

struct MergedLayerTests {
    @Test(arguments: LowRankAdapter.Module.allCases)
    func anAdaptersChangeIsAddedToItsMatrixAndToNoOther(module: LowRankAdapter.Module) throws {
        let model = try TinyModel().model()
        let shape = model.configuration.shape(of: module)
        let adapters = LowRankAdapterTests()
        let parts = adapters.pair("layers.2.\(module.rawValue)", rank: 5, columns: shape.columns, rows: shape.rows)
        let adapter = try adapters.file(parts).withPath {
            try LowRankAdapter(contentsOf: $0, scale: 2, for: model.configuration)
        }
        let plain = MergedLayer(model, 2, adapter: nil)
        let merged = MergedLayer(model, 2, adapter: adapter)
        for (place, path) in Self.places {
            for row in 0..<plain[keyPath: path].rows {
                let before = plain[keyPath: path].floats(row: row)
                let after = merged[keyPath: path].floats(row: row)
                guard place == module else {
                    #expect(before == after)
                    continue
                }
                for column in 0..<shape.columns {
                    var change: Float = 0
                    for inner in 0..<5 {
                        change += parts[1].values[row * 5 + inner] * parts[0].values[inner * shape.columns + column]
                    }
                    #expect(abs(after[column] - before[column] - 2 * change) <= 1e-6)
                }
            }
        }
        // Another layer stays as it is.
        let other = MergedLayer(model, 1, adapter: adapter).up.floats(row: 3)
        #expect(other == MergedLayer(model, 1, adapter: nil).up.floats(row: 3))
    }

    private static var places: [(LowRankAdapter.Module, KeyPath<MergedLayer, FloatMatrix>)] {
        [
            (.query, \.query), (.key, \.key), (.value, \.value), (.attentionOutput, \.attentionOutput),
            (.gate, \.gate), (.up, \.up), (.down, \.down),
        ]
    }
}
