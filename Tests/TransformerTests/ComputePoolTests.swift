import Testing

@testable import Transformer

struct ComputePoolTests {
    @Test(arguments: KernelLevel.allCases)
    func aNamedLevelIsTakenIfTheMachineHasIt(level: KernelLevel) {
        #expect(KernelLevel.choice(level.rawValue) == (level.isSupported ? level : KernelLevel.choice(nil)))
    }

    @Test(arguments: [nil, "", "fastest", "AVX2"])
    func withoutAKnownNameTheBestLevelIsTaken(name: String?) {
        let supported = KernelLevel.allCases.filter(\.isSupported)
        #expect(KernelLevel.choice(name) == supported.last)
        #expect(supported.first == .generic)
    }

    @Test(arguments: [0, -1, 65, .max])
    func aNumberOfThreadsThatNoPoolHasGivesNone(threads: Int) {
        #expect(ComputePool(threads: threads, level: .generic, scratchFloats: 16) == nil)
    }
}
