import Foundation
import GuardianModel
import Tokenizer
import Transformer

/// Inputs without fault, as small as they can be.
enum FuzzSeeds {
    static let texts = [
        "", "a", "the cat's  12 dogs\r\n\n", "caf\u{e9} \u{5b57}\u{1f600}\u{200d}\u{1f600} 'll 've '",
        String(repeating: "a", count: 70), String(repeating: " ", count: 40) + "x",
    ]

    static let safetensors = [
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"c":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
        "{}",
    ].map { header in
        GGUFBuilder.bytes(UInt64(header.utf8.count)) + Data(header.utf8) + Data(repeating: 0x3c, count: 12)
    }

    /// A model of one layer, its matrices of a GGUF type: 0 is F32, 2 is Q4_0, 8 is Q8_0.
    static func model(type: UInt32) -> Data { builder(type: type).data }

    private static let width: UInt64 = 32
    private static let tokens: UInt64 = 8

    private static func builder(type: UInt32) -> GGUFBuilder {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "llama")
        builder.set("llama.block_count", UInt32(1))
        builder.set("llama.context_length", UInt32(64))
        builder.set("llama.embedding_length", UInt32(width))
        builder.set("llama.feed_forward_length", UInt32(width))
        builder.set("llama.attention.head_count", UInt32(2))
        builder.set("llama.attention.head_count_kv", UInt32(1))
        builder.set("llama.attention.layer_norm_rms_epsilon", Float(1e-5))
        builder.set("llama.rope.freq_base", Float(10_000))
        let blockBytes = type == 0 ? 128 : type == 2 ? 18 : 34
        func matrix(_ name: String, _ rows: UInt64) {
            // Every byte the same: as a float and as a half it is a small number.
            builder.tensor(name, [width, rows], type: type, Data(repeating: 0x2c, count: blockBytes * Int(rows)))
        }
        func norm(_ name: String) {
            builder.tensor(name, [width], type: 0, Data(repeating: 0x3e, count: Int(width) * 4))
        }
        matrix("token_embd.weight", Self.tokens)
        for (name, rows) in [
            ("attn_q", width), ("attn_k", 16), ("attn_v", 16), ("attn_output", width), ("ffn_gate", width),
            ("ffn_up", width), ("ffn_down", width),
        ] { matrix("blk.0.\(name).weight", rows) }
        for name in ["blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"] { norm(name) }
        return builder
    }

    /// Metadata alone.
    static let vocabulary: Data = {
        var builder = GGUFBuilder()
        builder.set("tokenizer.ggml.model", "gpt2")
        builder.set("tokenizer.ggml.pre", "smollm")
        let tokens = [
            "<|end|>", "a", "t", "h", "e", "\u{120}", "\u{10a}", "1", "'", "th", "the", "\u{120}the", "\u{c3}",
            "\u{a9}",
        ]
        builder.set("tokenizer.ggml.tokens", strings: tokens)
        let types = tokens.indices.map { GGUFBuilder.bytes(UInt32($0 == 0 ? 3 : 1)) }.reduce(Data(), +)
        let head = GGUFBuilder.bytes(UInt32(5)) + GGUFBuilder.bytes(UInt64(tokens.count))
        builder.entry("tokenizer.ggml.token_type", 9, head + types)
        builder.set("tokenizer.ggml.merges", strings: ["t h", "th e", "\u{120} the"])
        return builder.data
    }()

    static func packed(exitDepth: Int) throws -> Data {
        let source = model(type: 0)
        let file = try source.withUnsafeBytes { try GGUFFile(MappedFile(copying: $0, path: "seed")) }
        let packer = try ModelPacker(
            LlamaModel(file, threads: 1),
            exitDepth: exitDepth,
            calibration: [[0, 1]]
        )
        let tokenizer = PackedTokenizer(
            bytes: Array("Text, a".utf8),
            ends: [1, 2, 3, 4, 5, 6, 7, 7],
            controlTokens: [7],
            merges: []
        )
        let writer = PackedModelWriter(
            packer,
            tokenizer: tokenizer,
            inputs: [PackedInput(name: "trunk", sha256: String(repeating: "ab", count: 32))],
            attachments: [
                PackedModelWriter.Part(name: "notes.json", bytes: Array("{}".utf8)),
                PackedModelWriter.Part(name: "head.safetensors", bytes: Array(safetensors[0])),
            ]
        )
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path, digest: { _ in String(repeating: "00", count: 32) })
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }
}
