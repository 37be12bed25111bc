import Foundation

/// A value as JSON, the keys in order: what `--json` prints.
func jsonText(
    _ value: some Encodable,
    _ formatting: JSONEncoder.OutputFormatting = [],
    keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys
) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, formatting]
    encoder.keyEncodingStrategy = keys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
