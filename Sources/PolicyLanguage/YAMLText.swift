#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The text of a YAML file on its way to a value.
package struct YAMLText {
    private let bytes: [UInt8]
    private let file: String
    private let limits: YAMLLimits

    /// - Parameter file: the name that diagnostics give.
    package init(bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) {
        self.bytes = bytes
        self.file = file
        self.limits = limits
    }

    /// - Throws: `PolicyError` of kind `unreadable`.
    package init(path: String, limits: YAMLLimits = YAMLLimits()) throws(PolicyError) {
        self.init(bytes: try Self.bytes(ofFile: path, limits: limits), file: path, limits: limits)
    }

    /// Reads the one document of the text.
    ///
    /// - Throws: `PolicyError` of kind `invalid` with every error that the text, its tree and the decoder have.
    package func decode<Decoder: YAMLDecoding, Value>(
        with decoder: inout Decoder,
        _ body: (inout Decoder, YAMLNode) -> Value
    ) throws(PolicyError) -> Value {
        var none: Variables?
        return try decode(with: &decoder, variables: &none, body)
    }

    /// The same with values of the environment put in; without `variables`, `${NAME}` stays as it is written.
    func decode<Decoder: YAMLDecoding, Value>(
        with decoder: inout Decoder,
        variables: inout Variables?,
        _ body: (inout Decoder, YAMLNode) -> Value
    ) throws(PolicyError) -> Value {
        let source = try SourceText(bytes: bytes, file: file, maximumBytes: limits.bytes)
        let document = YAMLDocument(source.bytes, limits: limits)
        guard var root = document.root else { throw source.error(document.problems) }
        root = variables?.expand(root) ?? root
        let value = body(&decoder, root)
        let problems = document.problems + (variables?.problems ?? []) + decoder.problems
        guard problems.isEmpty else { throw source.error(problems) }
        return value
    }

    /// The file's bytes, at most one more than the limit: enough to see that it is too long.
    static func bytes(ofFile path: String, limits: YAMLLimits) throws(PolicyError) -> [UInt8] {
        guard let stream = fopen(path, "rb") else { throw unreadable(path) }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limits.bytes {
            let count = fread(&chunk, 1, chunk.count, stream)
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        guard ferror(stream) == 0 else { throw unreadable(path) }
        return bytes
    }

    private static func unreadable(_ path: String) -> PolicyError {
        let reason = String(cString: strerror(errno))
        let diagnostic = PolicyDiagnostic(file: path, message: "the file cannot be read: \(reason)")
        return PolicyError(kind: .unreadable, diagnostics: [diagnostic])
    }
}
