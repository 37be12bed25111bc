import Foundation
import Transformer

/// The guardian model's files beside the trunk, by name: those of a folder, or those attached to a packed file.
struct GuardianFiles: Sendable {
    static let detection = "detection.json"
    static let safeguard = "safeguard.json"
    static let checks = "safeguard-checks.json"
    static let templates = "templates.json"
    static let sentences = "safeguard-sentences.json"
    /// What is read of every guardian, beside the weights that the manifests name.
    static let all = [detection, safeguard, checks, templates, sentences]

    private enum Place: Sendable {
        case folder(String)
        case packed(PackedModelFile)
    }

    private let place: Place

    init(folder: String) { place = .folder(folder) }
    init(_ file: PackedModelFile) { place = .packed(file) }

    /// How errors name a file.
    func path(_ name: String) -> String {
        switch place {
        case .folder(let folder): "\(folder)/\(name)"
        case .packed(let file): "\(file.path)#\(name)"
        }
    }

    func contents(_ name: String) throws(GuardianModelError) -> Data {
        switch place {
        case .folder:
            do {
                return try Data(contentsOf: URL(fileURLWithPath: path(name)))
            } catch {
                throw .unreadable(path: path(name), reason: error.localizedDescription)
            }
        case .packed(let file):
            guard let bytes = file.attachment(name) else {
                throw .unreadable(path: path(name), reason: "the file was packed without it")
            }
            return Data(bytes)
        }
    }

    /// The digest of the file at a path.
    static func hash(
        of path: String,
        _ digest: (String) throws -> String
    ) throws(GuardianModelError) -> String {
        do {
            return try digest(path)
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
    }

    func decoded<Value: Decodable>(_ name: String) throws(GuardianModelError) -> Value {
        let data = try contents(name)
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw .invalidManifest(path: path(name), reason: "\(error)")
        }
    }

    func safetensors(_ name: String) throws(GuardianModelError) -> SafetensorsFile {
        do throws(ModelFileError) {
            switch place {
            case .folder: return try SafetensorsFile(path: path(name))
            case .packed(let file):
                guard let tensors = try file.safetensors(name) else {
                    throw ModelFileError(.missing, "was packed without \(name)", path: file.path)
                }
                return tensors
            }
        } catch {
            throw .modelFile(error)
        }
    }
}
