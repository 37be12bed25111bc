import GuardianModel
import Tokenizer
import Transformer

extension FuzzTarget {
    static func readGGUF(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let file = try? GGUFFile(MappedFile(copying: input, path: "input")) else { return false }
        for key in file.metadata.keys {
            _ = try? file.integer(key)
            _ = try? file.float(key)
            _ = try? file.string(key)
            _ = try? file.strings(key)
            _ = try? file.integers(key)
        }
        guard let model = try? LlamaModel(file, threads: 1, maximumPositions: 64) else { return true }
        ModelTrial.run(model)
        if let packed = try? PackedModel(packing: model, exitDepth: 1, calibration: [[0, 0]]) {
            ModelTrial.run(packed)
        }
        return true
    }

    static func readSafetensors(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let file = try? SafetensorsFile(MappedFile(copying: input, path: "input")) else { return false }
        for name in file.names {
            guard let shape = file.shape(name) else { preconditionFailure("\(name) has no shape") }
            if let floats = try? file.floats(name, shape: shape) {
                precondition(floats.allSatisfy(\.isFinite) && floats.count == shape.reduce(1, *))
            }
        }
        return true
    }

    static func readPacked(_ input: UnsafeRawBufferPointer) -> Bool {
        // What fuzzing looks for is behind the digest.
        let stated = input.dropFirst(16).prefix(32).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }
        let content = MappedFile(copying: input, path: "input")
        guard let file = try? PackedModelFile(content, digest: { _ in stated.joined() }) else { return false }
        for name in file.attachmentNames {
            _ = file.attachment(name)
            _ = try? file.safetensors(name)
        }
        if let tokenizer = try? Tokenizer(file) { TextTrial.run(tokenizer, "Text, 2 words\u{e9}\n\n") }
        ModelTrial.run(file.model)
        return true
    }
}
