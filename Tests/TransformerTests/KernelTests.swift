import CKernels
import Foundation
import Testing

@testable import Transformer

struct KernelTests {
    private static let levels = KernelLevel.allCases.filter(\.isSupported)

    private func pool(_ level: KernelLevel, threads: Int = 2) throws -> ComputePool {
        try ComputePool(threads: threads, level: level, scratchFloats: 32 * 192 + 512)
    }

    private func random(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
        var source = SplitMix64(seed: seed)
        return (0..<count).map { _ in Float(source.unit() * 2 - 1) * scale }
    }

    private func multiply(
        _ pool: ComputePool,
        _ type: TensorType,
        _ weights: [UInt8],
        rows: Int,
        columns: Int,
        _ x: [Float],
        into initial: [Float]? = nil
    ) -> [Float] {
        let tokens = x.count / columns
        var y = initial ?? Array(repeating: .nan, count: tokens * rows)
        weights.withUnsafeBytes { weights in
            y.withUnsafeMutableBufferPointer { y in
                guard let base = weights.baseAddress, let out = y.baseAddress else { return }
                let product = ck_product(
                    type: type.kernelType,
                    weights: base,
                    row_bytes: columns / type.blockLength * type.blockBytes,
                    rows: Int32(rows),
                    y: out,
                    y_stride: rows,
                    accumulate: initial != nil
                )
                pool.multiply([product], x, stride: columns, tokens: tokens, columns: columns)
            }
        }
        return y
    }

    /// Blocks with scales and numbers of every kind; halves stay finite.
    private func weights(_ type: TensorType, rows: Int, columns: Int, seed: UInt64) -> [UInt8] {
        var source = SplitMix64(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<rows * columns / type.blockLength {
            var block = (0..<type.blockBytes).map { _ in UInt8(truncatingIfNeeded: source.next()) }
            switch type {
            case .f32: block[3] = 0x3e | block[3] & 0x80
            case .f16, .q40, .q80: block[1] = 0x2c | block[1] & 0x83
            case .q41:
                block[1] = 0x2c | block[1] & 0x83
                block[3] = 0x30 | block[3] & 0x83
            }
            bytes += block
        }
        return bytes
    }

    /// The format's definition, block by block.
    private func dequantised(_ type: TensorType, _ bytes: [UInt8]) -> [Float] {
        func half(_ at: Int) -> Float { HalfPrecision.float(UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8) }
        var values: [Float] = []
        for start in stride(from: 0, to: bytes.count, by: type.blockBytes) {
            let block = bytes[start..<start + type.blockBytes]
            switch type {
            case .f32:
                values.append(Float(bitPattern: block.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
            case .f16: values.append(half(start))
            case .q80: values += block.dropFirst(2).map { Float(Int8(bitPattern: $0)) * half(start) }
            case .q40:
                let numbers = block.dropFirst(2)
                values += (numbers.map { $0 & 15 } + numbers.map { $0 >> 4 }).map { (Float($0) - 8) * half(start) }
            case .q41:
                let numbers = block.dropFirst(4)
                let products = (numbers.map { $0 & 15 } + numbers.map { $0 >> 4 }).map { Float($0) * half(start) }
                values += products.map { $0 + half(start + 2) }
            }
        }
        return values
    }

    @Test(arguments: TensorType.allCases, levels)
    func productsFollowTheDefinition(type: TensorType, level: KernelLevel) throws {
        let pool = try pool(level)
        for (rows, columns, tokens) in [(1, 32, 1), (37, 96, 1), (37, 96, 7), (70, 64, 13), (5, 192, 3)] {
            let bytes = weights(type, rows: rows, columns: columns, seed: UInt64(rows + tokens))
            let values = dequantised(type, bytes)
            let x = random(tokens * columns, seed: 3)
            let y = multiply(pool, type, bytes, rows: rows, columns: columns, x)
            for token in 0..<tokens {
                for row in 0..<rows {
                    let terms = (0..<columns).map {
                        Double(values[row * columns + $0]) * Double(x[token * columns + $0])
                    }
                    let bound = terms.reduce(0) { $0 + abs($1) } * 1e-6 + 1e-30
                    #expect(abs(Double(y[token * rows + row]) - terms.reduce(0, +)) <= bound)
                }
            }
        }
    }

    @Test(arguments: TensorType.allCases)
    func everyLevelThreadCountAndBatchGivesTheSameBits(type: TensorType) throws {
        let (rows, columns, tokens) = (75, 160, 11)
        let bytes = weights(type, rows: rows, columns: columns, seed: 9)
        let x = random(tokens * columns, seed: 4, scale: 100)
        let reference = multiply(try pool(.generic, threads: 1), type, bytes, rows: rows, columns: columns, x)
        for level in Self.levels {
            let pool = try pool(level, threads: 3)
            #expect(multiply(pool, type, bytes, rows: rows, columns: columns, x) == reference)
            var alone: [Float] = []
            for token in 0..<tokens {
                let row = Array(x[token * columns..<(token + 1) * columns])
                alone += multiply(pool, type, bytes, rows: rows, columns: columns, row)
            }
            #expect(alone == reference)
        }
    }

    @Test(arguments: levels)
    func productsCanBeAdded(level: KernelLevel) throws {
        let pool = try pool(level)
        let bytes = weights(.f32, rows: 20, columns: 16, seed: 1)
        for tokens in [1, 4] {
            let x = random(16 * tokens, seed: 2)
            let plain = multiply(pool, .f32, bytes, rows: 20, columns: 16, x)
            let added = multiply(
                pool,
                .f32,
                bytes,
                rows: 20,
                columns: 16,
                x,
                into: Array(repeating: 1, count: 20 * tokens)
            )
            #expect(added == plain.map { 1 + $0 })
        }
    }

    @Test func siluIsAccurateOverItsRangeAtEveryLevel() throws {
        let inputs = (-2000...2000).map { Float($0) / 20 } + [0, -0.0, 1e-30, 300, -300]
        var reference: [UInt32]?
        for level in Self.levels {
            var x = inputs
            try pool(level).run { ck_silu($0, &x, x.count) }
            for (input, output) in zip(inputs, x) {
                let exact = Double(input) / (1 + exp(-Double(input)))
                #expect(abs(Double(output) - exact) <= abs(exact) * 1e-6 + 1e-35, "silu(\(input))")
            }
            let bits = x.map(\.bitPattern)
            #expect(bits == reference ?? bits)
            reference = bits
        }
    }

    @Test func normFollowsTheDefinitionAtEveryLevel() throws {
        let x = random(3 * 48, seed: 5, scale: 30)
        let weight = random(48, seed: 6)
        var reference: [Float]?
        for level in Self.levels {
            var out = [Float](repeating: 0, count: x.count)
            try pool(level).run { ck_rms_norm($0, x, weight, 1e-5, 3, 48, &out) }
            for token in 0..<3 {
                let row = x[token * 48..<(token + 1) * 48].map(Double.init)
                let scale = 1 / (row.reduce(0) { $0 + $1 * $1 } / 48 + 1e-5).squareRoot()
                for index in 0..<48 {
                    let exact = row[index] * scale * Double(weight[index])
                    #expect(abs(Double(out[token * 48 + index]) - exact) <= abs(exact) * 1e-6 + 1e-12)
                }
            }
            #expect(out == reference ?? out)
            reference = out
        }
    }

    @Test(arguments: [(64, 1), (64, 9), (16, 5), (96, 4)])
    func attentionFollowsTheDefinitionAtEveryLevel(width: Int, tokens: Int) throws {
        let (heads, kvHeads, capacity, position) = (4, 2, 40, 19)
        let queries = random(tokens * heads * width, seed: 1, scale: 4)
        let keys = random(kvHeads * capacity * width, seed: 2)
        let values = random(kvHeads * capacity * width, seed: 3)
        var reference: [Float]?
        for level in Self.levels {
            var out = [Float](repeating: .nan, count: queries.count)
            queries.withUnsafeBufferPointer { queries in
                keys.withUnsafeBufferPointer { keys in
                    values.withUnsafeBufferPointer { values in
                        out.withUnsafeMutableBufferPointer { out in
                            guard let q = queries.baseAddress, let k = keys.baseAddress, let v = values.baseAddress,
                                let o = out.baseAddress, let pool = try? pool(level)
                            else { return }
                            var arguments = ck_attention_arguments(
                                queries: q,
                                keys: k,
                                values: v,
                                out: o,
                                tokens: Int32(tokens),
                                position: Int32(position),
                                heads: Int32(heads),
                                kv_heads: Int32(kvHeads),
                                head_width: Int32(width),
                                capacity: Int32(capacity),
                                scale: 0.25
                            )
                            pool.run { ck_attention($0, &arguments) }
                        }
                    }
                }
            }
            for token in 0..<tokens {
                for head in 0..<heads {
                    let q = (token * heads + head) * width
                    let plane = head / 2 * capacity * width
                    let scores = (0...position + token).map { p in
                        (0..<width).reduce(0.0) { $0 + Double(queries[q + $1]) * Double(keys[plane + p * width + $1]) }
                            / 4
                    }
                    let greatest = scores.max() ?? 0
                    let powers = scores.map { exp($0 - greatest) }
                    let total = powers.reduce(0, +)
                    for index in 0..<width {
                        let exact = powers.enumerated().reduce(0.0) {
                            $0 + $1.element / total * Double(values[plane + $1.offset * width + index])
                        }
                        #expect(abs(Double(out[q + index]) - exact) < 2e-6)
                    }
                }
            }
            #expect(out == reference ?? out)
            reference = out
        }
    }

    @Test func argmaxPassesOverWhatIsNoNumber() {
        #expect(ck_argmax([1, 3, 3, 2], 4) == 1)
        #expect(ck_argmax([.nan, -5, .nan], 3) == 1)
        #expect(ck_argmax([.nan, -.infinity], 2) == -1)
        #expect(ck_argmax([], 0) == -1)
    }

    @Test func aPoolServesCallersFromManyThreads() async throws {
        let pool = try pool(.best, threads: 4)
        let bytes = weights(.q41, rows: 200, columns: 96, seed: 8)
        let x = random(96 * 5, seed: 7)
        let reference = multiply(pool, .q41, bytes, rows: 200, columns: 96, x)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<20).allSatisfy { _ in
                        multiply(pool, .q41, bytes, rows: 200, columns: 96, x) == reference
                    }
                }
            }
            for await same in group { #expect(same) }
        }
    }
}
