import Foundation
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct GuardianPackingTests {
    @Test func thePackedFileIsMadeFromTheFilesThatAreHere() throws {
        _ = try Loaded.model()
        let file = try PackedModelFile(path: Loaded.file, digest: Loaded.stated(in: Loaded.file))
        let names = [
            "detection.json", "safeguard.json", "safeguard-checks.json", "templates.json", "safeguard-sentences.json",
            "detection.safetensors",
        ]
        #expect(file.attachmentNames == names)
        for name in names {
            let attached = try #require(file.attachment(name))
            let present = try Loaded.contents("\(Loaded.folder)/\(name)")
            #expect(attached.elementsEqual(present), "\(name) has changed: run make model")
        }
        let source = try Loaded.source()
        #expect(file.inputs.map(\.name) == source.inputs.map(\.name))
        #expect(file.inputs.prefix(3).elementsEqual(source.inputs.prefix(3)))
    }

    @Test func calibrationReadsAboutTwoThousandTokens() throws {
        let tokenizer = try Loaded.source().tokenizer
        let tokens = tokenizer.encode(CalibrationText.text)
        #expect((1800...2600).contains(tokens.count))
        let windows = CalibrationText.windows(tokens, first: 1)
        #expect(windows.allSatisfy { $0.count <= 256 && $0.first == 1 })
        #expect(windows.flatMap { $0.dropFirst() } == tokens)
    }

    @Test func aTrunkThatCannotBeReadIsNamed() {
        struct Refusal: Error {}
        #expect(throws: GuardianModelError.self) {
            try PackedModelWriter(trunk: "/nonexistent/trunk.gguf", threads: 1) { _ in throw Refusal() }
        }
        #expect(throws: GuardianModelError.self) {
            try PackedModelWriter(trunk: "/nonexistent/trunk.gguf", threads: 1) { _ in "00" }
        }
    }
}
