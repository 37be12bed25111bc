import CKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An instruction set level of the kernels. Every level gives bit-equal results; see `CKernels.h`.
package enum KernelLevel: String, Sendable, CaseIterable {
    /// The base instruction set of the architecture; the reference.
    case generic
    case avx2
    /// AVX-512 with VNNI.
    case avx512
    /// AVX-512 with VNNI, and the matrix units for int8.
    case amx
    /// arm64 with the dot product instructions.
    case neon

    /// Names a level for this process, such as `GUARDIAN_KERNELS=avx2`; for tests and for comparing levels.
    package static let environmentName = "GUARDIAN_KERNELS"

    /// The best level of this machine.
    package static var best: KernelLevel { allCases.last { $0.isSupported } ?? .generic }

    /// The level that the environment names, or the best one.
    ///
    /// - Throws: `ModelFileError` with code `unsupported`.
    package static func inForce() throws(ModelFileError) -> KernelLevel {
        try choice(getenv(environmentName).map { String(cString: $0) })
    }

    /// The level of this name, or the best one if none is named.
    ///
    /// - Throws: `ModelFileError` with code `unsupported` if this machine does not run it.
    package static func choice(_ name: String?) throws(ModelFileError) -> KernelLevel {
        guard let name, !name.isEmpty else { return best }
        guard let level = KernelLevel(rawValue: name), level.isSupported else {
            let names = allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ", ")
            throw ModelFileError(
                .unsupported,
                "'\(name)' is not an instruction set level that this machine runs: \(names)",
                path: environmentName
            )
        }
        return level
    }

    package var isSupported: Bool { ck_level_is_supported(value) }

    var value: ck_level {
        switch self {
        case .generic: CK_LEVEL_GENERIC
        case .avx2: CK_LEVEL_AVX2
        case .avx512: CK_LEVEL_AVX512
        case .amx: CK_LEVEL_AMX
        case .neon: CK_LEVEL_NEON
        }
    }
}

/// The compute threads: whoever calls a kernel, and helpers that live as long as the pool.
// Unchecked: the C pool serialises its callers.
package final class ComputePool: @unchecked Sendable {
    /// The most threads of a pool: MAX_THREADS in pool.c.
    package static let maximumThreads = 64

    private let handle: OpaquePointer
    package let threads: Int
    package let level: KernelLevel

    /// - Parameters:
    ///   - threads: threads that compute, the caller included; 1 to `maximumThreads`.
    ///   - level: by default the one that the environment names, or else the best of this machine.
    ///   - scratchFloats: working memory per thread.
    /// - Throws: `ModelFileError` with code `outOfResources` if so many threads, or the memory, cannot be had, `unsupported` if
    ///   the machine lacks the level.
    init(threads: Int, level: KernelLevel? = nil, scratchFloats: Int) throws(ModelFileError) {
        let level = if let level { level } else { try KernelLevel.inForce() }
        guard level.isSupported else {
            throw ModelFileError(.unsupported, "this machine does not run \(level.rawValue)", path: "the kernels")
        }
        guard (1...Self.maximumThreads).contains(threads) else {
            let reason = "their number is from 1 to \(Self.maximumThreads), not \(threads)"
            throw ModelFileError(.outOfResources, reason, path: "the compute threads")
        }
        guard let handle = ck_pool_create(Int32(threads), level.value, scratchFloats) else {
            throw ModelFileError(.outOfResources, "\(threads) of them cannot be had", path: "the compute threads")
        }
        self.handle = handle
        self.threads = threads
        self.level = level
    }

    deinit { ck_pool_destroy(handle) }

    /// How many threads a pool gets where nobody says: one for each processor, as far as there may be so many.
    package static func threads(forProcessors processors: Int) -> Int { min(max(processors, 1), maximumThreads) }

    /// Calls a kernel with the pool, which lives at least until it returns.
    func run<R>(_ kernel: (OpaquePointer) -> R) -> R {
        withExtendedLifetime(self) { kernel(handle) }
    }

    /// Products that share their input: `x` is [tokens][columns] with `stride` floats per token.
    func multiply(_ products: [ck_product], _ x: UnsafePointer<Float>, stride: Int, tokens: Int, columns: Int) {
        products.withUnsafeBufferPointer { products in
            guard let base = products.baseAddress else { return }
            run { ck_matmul($0, base, Int32(products.count), x, stride, Int32(tokens), Int32(columns)) }
        }
    }
}
