import Foundation
package import PolicyLanguage

extension GatewayConfiguration {
    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the working directory.
    ///   - environment: where `authorization_env` is looked up.
    ///   - processors: that the process may use; threads that the file does not number go by them.
    /// - Throws: `PolicyError` with every error of the file at file:line:column.
    package static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        processors: Int = Machine.usableProcessors
    ) throws(PolicyError) -> GatewayConfiguration {
        let folder = URL(fileURLWithPath: AbsolutePath.make(path)).deletingLastPathComponent().path
        var decoder = GatewayConfigurationDecoder(
            folder: folder,
            environment: environment,
            processors: max(1, processors)
        )
        return try YAMLText(path: path).decode(with: &decoder) { decoder, root in
            decoder.configuration(root)
        }
    }
}
