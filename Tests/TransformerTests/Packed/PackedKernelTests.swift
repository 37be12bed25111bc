import CKernels
import Foundation
import Testing

@testable import Transformer

/// The int8 kernels, each level against plain arithmetic and against each other.
struct PackedKernelTests {
    private static let levels = KernelLevel.allCases.filter(\.isSupported)

    private func pool(_ level: KernelLevel, threads: Int = 2) throws -> ComputePool {
        try ComputePool(threads: threads, level: level, scratchFloats: 2048)
    }

    private func random(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
        var source = SplitMix64(seed: seed)
        return (0..<count).map { _ in Float(source.unit() * 2 - 1) * scale }
    }

    /// Weights of every value, the extremes more often than chance has them.
    private func matrix(rows: Int, columns: Int, seed: UInt64) -> PackedMatrixBuffer {
        let buffer = PackedMatrixBuffer(PackedShape(rows: rows, columns: columns))
        var source = SplitMix64(seed: seed)
        for row in 0..<rows {
            let values = (0..<columns).map { _ -> Float in
                let draw = source.next() % 100
                return draw < 10 ? 127 : draw < 20 ? -127 : Float(Int(source.next() % 255) - 127)
            }
            #expect(buffer.setRow(row, values))
        }
        return buffer
    }

    private func kernelMatrix(_ buffer: PackedMatrixBuffer) throws -> ck_packed_matrix {
        ck_packed_matrix(
            weights: UnsafePointer(try #require(buffer.weights.baseAddress)),
            scales: UnsafePointer(try #require(buffer.scales.baseAddress)),
            offsets: UnsafePointer(try #require(buffer.offsets.baseAddress)),
            rows: Int32(buffer.shape.paddedRows),
            columns: Int32(buffer.shape.columns)
        )
    }

    /// Quantises and multiplies; the outputs are [tokens][padded rows], for the gated product half as wide.
    private func product(
        _ level: KernelLevel,
        _ buffer: PackedMatrixBuffer,
        _ x: [Float],
        _ epilogue: ck_epilogue,
        onto start: Float = 0,
        threads: Int = 2
    ) throws -> [Float] {
        let columns = buffer.shape.columns
        let tokens = x.count / columns
        var values = [UInt8](repeating: 0, count: ck_activation_bytes(Int32(tokens), Int32(columns)))
        var scales = [Float](repeating: 0, count: tokens)
        let width = epilogue == CK_SWIGLU ? buffer.shape.paddedRows / 2 : buffer.shape.paddedRows
        var y = [Float](repeating: start, count: tokens * width)
        var matrix = try kernelMatrix(buffer)
        try pool(level, threads: threads).run { pool in
            values.withUnsafeMutableBufferPointer { values in
                scales.withUnsafeMutableBufferPointer { scales in
                    guard let values = values.baseAddress, let scales = scales.baseAddress else { return }
                    let activations = ck_activations(values: values, scales: scales)
                    ck_quantize(pool, x, columns, Int32(tokens), Int32(columns), activations)
                    ck_packed_matmul(pool, &matrix, activations, Int32(tokens), epilogue, &y, width)
                }
            }
        }
        return y
    }

    /// The same by plain loops: quantise to the nearest integer, sum as integers, scale.
    private func plainProduct(_ buffer: PackedMatrixBuffer, _ x: [Float]) -> [Float] {
        let columns = buffer.shape.columns
        var y: [Float] = []
        for start in stride(from: 0, to: x.count, by: columns) {
            let row = x[start..<start + columns]
            let greatest = row.map(\.magnitude).max() ?? 0
            let factor: Float = greatest == 0 ? 0 : 127 / greatest
            let quantised = row.map { Int32(($0 * factor).rounded(.toNearestOrEven)) }
            for r in 0..<buffer.shape.paddedRows {
                var sum: Int32 = 0
                for c in 0..<columns {
                    sum += Int32(buffer.weights[buffer.shape.index(row: r, column: c)]) * quantised[c]
                }
                y.append(Float(sum) * (buffer.scales[r] * (greatest / 127)))
            }
        }
        return y
    }

    @Test(arguments: levels, [1, 2, 3, 7, 8, 9, 16, 21, 48, 130])
    func everyLevelMultipliesAsPlainArithmeticDoes(_ level: KernelLevel, tokens: Int) throws {
        for (rows, columns) in [(16, 32), (50, 64), (112, 96), (96, 576)] {
            let buffer = matrix(rows: rows, columns: columns, seed: UInt64(rows))
            let x = random(tokens * columns, seed: UInt64(tokens))
            #expect(try product(level, buffer, x, CK_SET) == plainProduct(buffer, x))
        }
    }

    @Test(arguments: levels)
    func extremesNeitherSaturateNorOverflow(_ level: KernelLevel) throws {
        let buffer = PackedMatrixBuffer(PackedShape(rows: 32, columns: 4096))
        for row in 0..<32 {
            #expect(buffer.setRow(row, [Float](repeating: row % 2 == 0 ? 127 : -127, count: 4096)))
        }
        let x = [Float](repeating: -3, count: 4096) + [Float](repeating: 3, count: 4096)
        let y = try product(level, buffer, x, CK_SET)
        #expect(y == plainProduct(buffer, x))
        #expect(y[0] == -3 * 127 * 4096)
    }

    @Test(arguments: levels)
    func anEpilogueAddsOrGates(_ level: KernelLevel) throws {
        let buffer = matrix(rows: 64, columns: 64, seed: 5)
        let x = random(43 * 64, seed: 6, scale: 0.01)
        let set = plainProduct(buffer, x)
        #expect(try product(level, buffer, x, CK_ADD, onto: 0.5) == set.map { $0 + 0.5 })
        let gated = try product(level, buffer, x, CK_SWIGLU)
        for token in 0..<43 {
            for column in 0..<32 {
                let gate = Double(set[token * 64 + column / 16 * 32 + column % 16])
                let up = Double(set[token * 64 + column / 16 * 32 + 16 + column % 16])
                let expected = gate / (1 + exp(-gate)) * up
                #expect(abs(Double(gated[token * 32 + column]) - expected) <= 1e-5 * max(1, abs(expected)))
            }
        }
    }

    @Test
    func levelsThreadsAndCompanyDoNotChangeABit() throws {
        let buffer = matrix(rows: 96, columns: 192, seed: 7)
        let x = random(37 * 192, seed: 8)
        let reference = try product(.generic, buffer, x, CK_SWIGLU, threads: 1)
        for level in Self.levels {
            for threads in [1, 2, 3] {
                #expect(try product(level, buffer, x, CK_SWIGLU, threads: threads) == reference)
            }
            let alone = try product(level, buffer, Array(x[20 * 192..<21 * 192]), CK_SWIGLU)
            #expect(alone == Array(reference[20 * 48..<21 * 48]))
        }
    }

    @Test(arguments: levels)
    func aTokenThatIsNoNumberSpoilsItselfOnly(_ level: KernelLevel) throws {
        let buffer = matrix(rows: 32, columns: 64, seed: 9)
        for bad in [Float.nan, .infinity, -.infinity] {
            var x = random(3 * 64, seed: 10)
            x[64 + 17] = bad
            let y = try product(level, buffer, x, CK_SET)
            #expect(y.map(\.isNaN) == [false, true, false].flatMap { [Bool](repeating: $0, count: 32) })
        }
    }

    @Test(arguments: levels)
    func aTokenOfZerosGivesZeros(_ level: KernelLevel) throws {
        let buffer = matrix(rows: 32, columns: 64, seed: 11)
        let y = try product(level, buffer, [Float](repeating: 0, count: 3 * 64), CK_SET)
        #expect(y == [Float](repeating: 0, count: 3 * 32))
    }

    @Test
    func aRowOfAPackedMatrixIsReadBack() throws {
        let buffer = matrix(rows: 40, columns: 64, seed: 12)
        var matrix = try kernelMatrix(buffer)
        for row in [0, 15, 16, 39] {
            var out = [Float](repeating: .nan, count: 64)
            ck_packed_row(&matrix, Int32(row), &out)
            let expected = (0..<64).map { column in
                Float(buffer.weights[buffer.shape.index(row: row, column: column)]) * buffer.scales[row]
            }
            #expect(out == expected)
        }
    }
}
