import CKernels
import Testing

@testable import Transformer

struct ComputePoolTests {
    @Test(arguments: KernelLevel.allCases.filter(\.isSupported))
    func aNamedLevelIsTaken(level: KernelLevel) throws {
        #expect(try KernelLevel.choice(level.rawValue) == level)
    }

    @Test(arguments: KernelLevel.allCases.filter { !$0.isSupported }.map(\.rawValue) + ["fastest", "AVX2"])
    func aNameThatThisMachineCannotRunIsRefusedAndThoseThatItCanAreNamed(name: String) {
        let error = #expect(throws: ModelFileError.self) { try KernelLevel.choice(name) }
        #expect(error?.code == .unsupported)
        #expect(error?.path == "GUARDIAN_KERNELS")
        #expect(error?.reason.contains("'\(name)'") == true)
        #expect(error?.reason.contains("generic") == true)
    }

    @Test(arguments: [nil, ""])
    func withoutANameTheBestLevelIsTaken(name: String?) throws {
        let supported = KernelLevel.allCases.filter(\.isSupported)
        #expect(try KernelLevel.choice(name) == supported.last)
        #expect(supported.first == .generic)
    }

    @Test(arguments: [0, -1, 65, .max])
    func aNumberOfThreadsThatNoPoolHasIsRefused(threads: Int) {
        let error = #expect(throws: ModelFileError.self) {
            try ComputePool(threads: threads, level: .generic, scratchFloats: 16)
        }
        #expect(error?.code == .outOfResources)
        #expect(error?.reason.contains("from 1 to 64, not \(threads)") == true)
    }

    @Test func theMostThreadsAreThoseThatTheKernelsTake() throws {
        let most = ComputePool.maximumThreads
        #expect(try ComputePool(threads: most, level: .generic, scratchFloats: 16).threads == most)
        #expect(ck_pool_create(Int32(most + 1), CK_LEVEL_GENERIC, 16) == nil)
    }

    @Test(arguments: [(-1, 1), (0, 1), (1, 1), (64, 64), (65, 64), (384, 64)])
    func aPoolHasAThreadForEachProcessorAsFarAsThereMayBeSoMany(processors: Int, threads: Int) {
        #expect(ComputePool.threads(forProcessors: processors) == threads)
    }

    @Test(arguments: KernelLevel.allCases.filter { !$0.isSupported })
    func aLevelThatThisMachineLacksIsRefused(level: KernelLevel) {
        let error = #expect(throws: ModelFileError.self) {
            try ComputePool(threads: 1, level: level, scratchFloats: 16)
        }
        #expect(error?.code == .unsupported)
    }
}
