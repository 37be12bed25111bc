import Foundation

/// The target that the environment variable FUZZ_TARGET names.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(Data("FUZZ_TARGET is '\(name)', not one of \(names)\n".utf8))
        exit(64)
    }
    return target
}()

/// Writes the target's seeds to the folder that FUZZ_SEEDS names, if it names one.
@_cdecl("LLVMFuzzerInitialize")
func makeSeeds(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
    guard let folder = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] else { return 0 }
    do {
        for (index, seed) in try target.seeds().enumerated() {
            try seed.write(to: URL(fileURLWithPath: "\(folder)/seed-\(index)"))
        }
    } catch {
        FileHandle.standardError.write(Data("The seeds cannot be written: \(error)\n".utf8))
        exit(73)
    }
    return 0
}

/// libFuzzer's entry: one input.
@_cdecl("LLVMFuzzerTestOneInput")
func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    _ = target.accepts(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
