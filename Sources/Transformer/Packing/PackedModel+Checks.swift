extension PackedModel {
    /// Checks every float of the weights: a NaN would spread through all scores.
    func checkNumbers(path: String) throws(ModelFileError) {
        func norm(_ values: UnsafePointer<Float>, _ name: String) throws(ModelFileError) {
            for index in 0..<configuration.width where !values[index].isFinite {
                throw ModelFileError(.malformed, "has a number in \(name) that is not finite", path: path)
            }
        }
        func scales(_ matrix: PackedMatrix, _ name: String) throws(ModelFileError) {
            for row in 0..<matrix.paddedRows {
                let scale = matrix.scales[row]
                guard row < matrix.rows ? scale.isFinite && scale > 0 : scale == 0 else {
                    throw ModelFileError(.malformed, "has the scale \(scale) in \(name), row \(row)", path: path)
                }
            }
        }
        try scales(embedding, "embedding")
        try scales(output, "output")
        try norm(outputNorm, "output_norm")
        for (index, layer) in layers.enumerated() {
            try norm(layer.attentionNorm, "layers.\(index).attention_norm")
            try norm(layer.feedForwardNorm, "layers.\(index).feed_forward_norm")
            try scales(layer.queryKeyValue, "layers.\(index).qkv")
            try scales(layer.attentionOutput, "layers.\(index).attention_output")
            try scales(layer.gateUp, "layers.\(index).gate_up")
            try scales(layer.down, "layers.\(index).down")
        }
    }
}
