import Foundation
package import PolicyLanguage

extension GatewayConfiguration {
    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the working directory.
    ///   - environment: where `authorization_env` is looked up.
    /// - Throws: `PolicyError` with every error of the file at file:line:column.
    package static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(PolicyError) -> GatewayConfiguration {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        var decoder = GatewayConfigurationDecoder(
            folder: folder,
            environment: environment,
            processors: max(1, ProcessInfo.processInfo.activeProcessorCount)
        )
        return try YAMLText(path: path).decode(with: &decoder) { decoder, root in
            decoder.configuration(root)
        }
    }
}
