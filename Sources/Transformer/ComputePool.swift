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
    /// arm64 with the dot product instructions.
    case neon

    /// Names a level for this process, such as `GUARDIAN_KERNELS=avx2`; for tests and for comparing levels.
    package static let environmentName = "GUARDIAN_KERNELS"

    /// What the environment names if this machine can run it, else the best level of this machine; the same for the life of
    /// the process.
    package static let best = (try? choice(environmentValue)) ?? widest

    private static var environmentValue: String? { getenv(environmentName).map { String(cString: $0) } }
    private static var widest: KernelLevel { allCases.last { $0.isSupported } ?? .generic }

    /// Refuses to run at another level than the one that the environment names.
    ///
    /// - Throws: `ModelFileError` with code `unsupported`.
    static func checkEnvironment() throws(ModelFileError) { _ = try choice(environmentValue) }

    /// The level of this name, or the machine's best if none is named.
    static func choice(_ name: String?) throws(ModelFileError) -> KernelLevel {
        guard let name, !name.isEmpty else { return widest }
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
        case .neon: CK_LEVEL_NEON
        }
    }
}

/// The compute threads: whoever calls a kernel, and helpers that live as long as the pool.
// Unchecked: the C pool serialises its callers.
package final class ComputePool: @unchecked Sendable {
    private let handle: OpaquePointer
    package let threads: Int
    package let level: KernelLevel

    /// - Parameters:
    ///   - threads: threads that compute, the caller included.
    ///   - scratchFloats: working memory per thread.
    /// - Returns: nil if threads or memory cannot be had, or the machine lacks the level.
    init?(threads: Int, level: KernelLevel, scratchFloats: Int) {
        guard let count = Int32(exactly: threads), let handle = ck_pool_create(count, level.value, scratchFloats) else {
            return nil
        }
        self.handle = handle
        self.threads = threads
        self.level = level
    }

    deinit { ck_pool_destroy(handle) }

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
