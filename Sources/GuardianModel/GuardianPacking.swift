import Foundation
import Tokenizer
package import Transformer

extension PackedModelWriter {
    /// A packed file of the guardian model: its adapter merged, its heads, templates and checks attached.
    ///
    /// - Throws: `GuardianModelError`.
    package init(_ source: GuardianSource) throws(GuardianModelError) {
        let detection = source.parts.detection
        var attachments: [Part] = []
        for name in GuardianFiles.all + [detection.weights] {
            attachments.append(Part(name: name, bytes: Array(try source.files.contents(name))))
        }
        do throws(ModelFileError) {
            let packer = try ModelPacker(
                source.trunk,
                adapter: source.adapter,
                exitDepth: detection.layer + 1,
                calibration: Self.calibration(source.tokenizer)
            )
            self.init(
                packer,
                tokenizer: PackedTokenizer(source.tables),
                inputs: source.inputs,
                attachments: attachments
            )
        } catch {
            throw .modelFile(error)
        }
    }

    /// A packed file of a trunk alone.
    ///
    /// - Parameters:
    ///   - path: the trunk's GGUF file.
    ///   - threads: compute threads.
    ///   - digest: the lower-case hexadecimal SHA-256 of the file at a path.
    /// - Throws: `GuardianModelError`.
    package init(
        trunk path: String,
        threads: Int,
        digest: (String) throws -> String
    ) throws(GuardianModelError) {
        let hash = try GuardianFiles.hash(of: path, digest)
        do throws(ModelFileError) {
            let trunk = try LlamaModel(contentsOf: path, threads: threads)
            let tables = try TokenizerTables(trunk.file)
            let tokenizer = try Tokenizer(tables, path: path)
            self.init(
                try ModelPacker(trunk, calibration: Self.calibration(tokenizer)),
                tokenizer: PackedTokenizer(tables),
                inputs: [PackedInput(name: GuardianSource.trunkName, sha256: hash)]
            )
        } catch {
            throw .modelFile(error)
        }
    }

    private static func calibration(_ tokenizer: Tokenizer) -> [[Int32]] {
        CalibrationText.windows(tokenizer.encode(CalibrationText.text), first: ChatMarkup().startOfTurn)
    }
}
