#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why a model file cannot be used: what was wrong and where.
package struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, Equatable {
        /// The file cannot be opened or mapped.
        case unreadable
        /// The file is not of this format.
        case wrongFormat
        /// The format's version is not one that is read here.
        case unsupportedVersion
        /// The file ends before what it announces.
        case truncated
        /// A value contradicts another, or is out of its range.
        case malformed
        /// A metadata key, or a tensor, that the model needs is not there.
        case missing
        /// Well-formed, but of an architecture or a number type that this engine does not compute.
        case unsupported
        /// The bytes are not those that were written: their digest is another one.
        case damaged
        /// The file cannot be written.
        case unwritable
        /// Threads or memory for the model could not be had.
        case outOfResources
    }

    package var code: Code
    /// One sentence for the operator.
    package var reason: String
    /// The file's path.
    package var path: String

    package init(_ code: Code, _ reason: String, path: String) {
        self.code = code
        self.reason = reason
        self.path = path
    }

    /// - Parameters:
    ///   - failure: what the system did not do, such as "cannot be opened".
    ///   - number: the system's `errno`.
    init(_ code: Code, _ failure: String, errno number: Int32, path: String) {
        self.init(code, "\(failure): \(String(cString: strerror(number)))", path: path)
    }

    package var description: String { "\(path): \(reason) (\(code.rawValue))" }
}
