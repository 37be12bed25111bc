import CKernels
import Transformer

/// What the machine can do at most, as measured next to what is measured against it.
struct MachineLimits {
    /// 8-bit operations a second that stay in registers; a multiplication and an addition are two.
    var int8: Double
    /// The same of floats.
    var float: Double
    /// Bytes a second read from memory.
    var bandwidth: Double
}

/// Measures the machine's limits, again and again.
final class MachineProbe {
    /// Several times the last cache of the machines this runs on.
    private static let bytes = 256 << 20

    private let memory: UnsafeMutableRawPointer
    private let threads: Int32
    private let level: ck_level

    /// - Parameter level: whose instructions are measured.
    init(threads: Int, level: KernelLevel) {
        self.threads = Int32(clamping: threads)
        self.level = level.value
        memory = .allocate(byteCount: Self.bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 1, count: Self.bytes)
    }

    deinit { memory.deallocate() }

    func sample() -> MachineLimits {
        MachineLimits(
            int8: ck_int8_peak(level, threads, 0.05),
            float: ck_float_peak(level, threads, 0.05),
            bandwidth: ck_memory_read(memory, Self.bytes, threads, 0.1)
        )
    }

    /// Seconds of one hand-over between compute threads that are awake; nil if they cannot be had.
    func handOver() -> Double? {
        guard let pool = ck_pool_create(threads, level, 64) else { return nil }
        defer { ck_pool_destroy(pool) }
        _ = ck_pool_handover(pool, threads, 1000)
        return ck_pool_handover(pool, threads, 20_000)
    }
}

extension KernelLevel {
    /// As the kernels name it.
    fileprivate var value: ck_level {
        switch self {
        case .generic: CK_LEVEL_GENERIC
        case .avx2: CK_LEVEL_AVX2
        case .avx512: CK_LEVEL_AVX512
        case .amx: CK_LEVEL_AMX
        case .neon: CK_LEVEL_NEON
        }
    }
}
