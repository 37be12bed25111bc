import ArgumentParser
import Gateway
import GuardianModel
import PolicyLanguage
import Transformer

/// Exit statuses of sysexits.h, so that scripts can tell whose mistake it was.
enum ExitStatus {
    /// EX_DATAERR: what was read is not what it should be.
    static let data = ExitCode(65)
    /// EX_NOINPUT: a file cannot be read.
    static let noInput = ExitCode(66)
    /// EX_UNAVAILABLE: something that is needed is missing.
    static let unavailable = ExitCode(69)
    /// EX_OSERR: the system refused something.
    static let system = ExitCode(71)
    /// EX_CANTCREAT: a file cannot be written.
    static let cannotCreate = ExitCode(73)
    /// EX_IOERR: what was found cannot be told.
    static let output = ExitCode(74)
    /// EX_CONFIG: a configuration or policy file is wrong.
    static let configuration = ExitCode(78)

    static func of(_ error: GatewayError) -> ExitCode {
        switch error.part {
        case .configuration: configuration
        case .unreadable: noInput
        case .damaged: data
        // These get right without the configuration being touched, so a supervisor should try again.
        case .model, .certificates: unavailable
        case .system: system
        }
    }

    static func of(_ error: PolicyError) -> ExitCode {
        error.kind == .unreadable ? noInput : configuration
    }

    static func of(_ error: GuardianModelError) -> ExitCode {
        switch error {
        case .unreadable: noInput
        case .modelFile(let error): of(error)
        case .invalidManifest, .digestMismatch, .notAGuardian: data
        }
    }

    static func of(_ error: ModelFileError) -> ExitCode {
        switch error.code {
        case .unreadable: noInput
        case .unwritable: cannotCreate
        case .outOfResources: system
        default: data
        }
    }
}

/// Runs `body`; an error that the product knows is told on standard error and becomes its exit status.
func reportingErrors<R>(_ body: () async throws -> R) async throws -> R {
    do {
        return try await body()
    } catch let error as GatewayError {
        complain("\(error)")
        throw ExitStatus.of(error)
    } catch let error as PolicyError {
        complain("\(error)")
        throw ExitStatus.of(error)
    } catch let error as GuardianModelError {
        complain("\(error)")
        throw ExitStatus.of(error)
    } catch let error as ModelFileError {
        complain("\(error)")
        throw ExitStatus.of(error)
    }
}
