import Foundation
import Transformer

/// A Llama-architecture model of three layers with fixed random weights, small enough for any test.
struct TinyModel {
    static let width = 64
    static let heads = 4
    static let kvHeads = 2
    static let feedForward = 96
    static let layers = 3
    static let vocabulary = 50

    var builder = GGUFBuilder()
    private var state: UInt64 = 42

    /// - Parameter type: of the matrices; norms are F32.
    init(_ type: TensorType = .f32) {
        builder.set("general.architecture", "llama")
        builder.set("llama.block_count", UInt32(Self.layers))
        builder.set("llama.context_length", UInt32(256))
        builder.set("llama.embedding_length", UInt32(Self.width))
        builder.set("llama.feed_forward_length", UInt32(Self.feedForward))
        builder.set("llama.attention.head_count", UInt32(Self.heads))
        builder.set("llama.attention.head_count_kv", UInt32(Self.kvHeads))
        builder.set("llama.attention.layer_norm_rms_epsilon", Float(1e-5))
        builder.set("llama.rope.freq_base", Float(10_000))
        matrix("token_embd.weight", Self.vocabulary, Self.width, type)
        for layer in 0..<Self.layers {
            let kv = Self.width / Self.heads * Self.kvHeads
            norm("blk.\(layer).attn_norm.weight")
            matrix("blk.\(layer).attn_q.weight", Self.width, Self.width, type)
            matrix("blk.\(layer).attn_k.weight", kv, Self.width, type)
            matrix("blk.\(layer).attn_v.weight", kv, Self.width, type)
            matrix("blk.\(layer).attn_output.weight", Self.width, Self.width, type)
            norm("blk.\(layer).ffn_norm.weight")
            matrix("blk.\(layer).ffn_gate.weight", Self.feedForward, Self.width, type)
            matrix("blk.\(layer).ffn_up.weight", Self.feedForward, Self.width, type)
            matrix("blk.\(layer).ffn_down.weight", Self.width, Self.feedForward, type)
        }
        norm("output_norm.weight")
    }

    /// The model, mapped; its file is removed at once and lives on in the mapping.
    func model(threads: Int = 2, level: KernelLevel? = nil) throws -> LlamaModel {
        try TemporaryFile(builder.data).withPath { try LlamaModel(contentsOf: $0, threads: threads, level: level) }
    }

    private mutating func random() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int(state >> 33) % 2001 - 1000) / 1000 * 0.3
    }

    private mutating func norm(_ name: String) {
        let data = (0..<Self.width).map { _ in GGUFBuilder.bytes((1 + random()).bitPattern) }.reduce(Data(), +)
        builder.tensor(name, [UInt64(Self.width)], type: 0, data)
    }

    private mutating func matrix(_ name: String, _ rows: Int, _ columns: Int, _ type: TensorType) {
        var data = Data()
        for _ in 0..<rows * columns / type.blockLength {
            switch type {
            case .f32: data += GGUFBuilder.bytes(random().bitPattern)
            // Halves between 2^-4 and 2^-3, of both signs.
            case .f16: data += GGUFBuilder.bytes(random() > 0 ? UInt16(0x2c00) : 0xac37)
            // A scale of 2^-6, and for Q4_1 a minimum of -2^-3.
            case .q40: data += GGUFBuilder.bytes(UInt16(0x2400)) + nibbles(16)
            case .q41: data += GGUFBuilder.bytes(UInt16(0x2400)) + GGUFBuilder.bytes(UInt16(0xb000)) + nibbles(16)
            case .q80: data += GGUFBuilder.bytes(UInt16(0x1800)) + nibbles(32)
            }
        }
        builder.tensor(name, [UInt64(columns), UInt64(rows)], type: type.rawValue, data)
    }

    private mutating func nibbles(_ count: Int) -> Data {
        Data((0..<count).map { _ in UInt8(truncatingIfNeeded: Int(random() * 1_000_000)) })
    }
}

extension TinyModel {
    /// Copies metadata and tensors, but for one tensor and one metadata key.
    static func copy(
        _ source: GGUFBuilder,
        into target: inout GGUFBuilder,
        leavingOut index: Int?,
        replacing key: String? = nil
    ) {
        for entry in source.metadata {
            if let key, entry.starts(with: GGUFBuilder.string(key)) { continue }
            target.append(entry)
        }
        for (place, tensor) in source.tensors.enumerated() where place != index {
            target.tensor(tensor.name, tensor.shape, type: tensor.type, tensor.data)
        }
    }
}
