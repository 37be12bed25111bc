/// A packed model's weights in memory of their own: for models that have no file, as in tests.
// Unchecked: written by `init` alone.
final class PackedMemory: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    private var starts: [String: Int] = [:]

    init(_ packer: ModelPacker) throws(ModelFileError) {
        var end = 0
        for section in packer.sections {
            starts[section.name] = end
            end = WeightSections.aligned(end + section.length)
        }
        memory = .allocate(byteCount: max(end, 1), alignment: WeightSections.alignment)
        var sections = packer.sections[...]
        try packer.forEachSection { bytes throws(ModelFileError) in
            guard let section = sections.popFirst(), let start = starts[section.name],
                section.length == bytes.count
            else { preconditionFailure("the packer made another section than it announced") }
            (memory + start).copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(memory), byteCount: bytes.count)
        }
    }

    deinit { memory.deallocate() }

    func start(of section: String) -> UnsafeRawPointer? { starts[section].map { UnsafeRawPointer(memory + $0) } }
}

extension PackedModel {
    /// Packs a model into memory.
    ///
    /// - Parameters: as those of `ModelPacker`.
    package convenience init(
        packing model: LlamaModel,
        adapter: LowRankAdapter? = nil,
        exitDepth: Int? = nil,
        calibration: [[Int32]] = []
    ) throws(ModelFileError) {
        let packer = try ModelPacker(model, adapter: adapter, exitDepth: exitDepth, calibration: calibration)
        let memory = try PackedMemory(packer)
        try self.init(
            packer.configuration,
            exitDepth: packer.exitDepth,
            isTied: packer.isTied,
            owner: memory
        ) { name throws(ModelFileError) in
            guard let start = memory.start(of: name) else {
                throw ModelFileError(.missing, "has no section \(name)", path: model.file.path)
            }
            return start
        }
    }
}
