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
        var decoder = decoder(of: path, environment, processors)
        return try YAMLText(path: path).decode(with: &decoder) { decoder, root in
            decoder.configuration(root)
        }
    }

    /// Reads a configuration file for somebody who looks at it and serves nothing: its service may have variables that are not set
    /// here, from an environment file for instance.
    ///
    /// - Returns: the configuration, with nothing as the value of such variables, and their names.
    /// - Throws: as `load` does, but for such variables.
    package static func inspect(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        processors: Int = Machine.usableProcessors
    ) throws(PolicyError) -> (configuration: GatewayConfiguration, unsetVariables: [String]) {
        var decoder = decoder(of: path, environment, processors)
        decoder.takesUnsetVariables = true
        let configuration = try YAMLText(path: path).decode(with: &decoder) { decoder, root in
            decoder.configuration(root)
        }
        return (configuration, decoder.unsetVariables)
    }

    private static func decoder(
        of path: String,
        _ environment: [String: String],
        _ processors: Int
    ) -> GatewayConfigurationDecoder {
        GatewayConfigurationDecoder(
            folder: URL(fileURLWithPath: AbsolutePath.make(path)).deletingLastPathComponent().path,
            environment: environment,
            processors: max(1, processors)
        )
    }
}
