import ArgumentParser
import Foundation
import TLS

struct CertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Certificates for trying the gateway.",
        subcommands: [Development.self]
    )

    struct Development: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dev",
            abstract: "Make an authority and a server certificate for localhost; not for production."
        )

        @Option(help: "Where to write ca.pem, server.pem and server-key.pem.")
        var directory = DevelopmentCertificates.defaultFolder

        @Option(help: "A further host name or address; may be given several times.")
        var name: [String] = []

        @Flag(help: "Replace certificates that are still valid.")
        var force = false

        @Flag(help: "Leave valid certificates alone and succeed.")
        var keep = false

        func run() throws { try output(made()) }

        /// What was done, in words.
        private func made() throws -> String {
            do throws(TLSError) {
                let files = try DevelopmentCertificates.make(in: directory, names: name, overwrite: force)
                return "\(files.authority), \(files.certificate) and \(files.privateKey) are made, valid for 90 days."
            } catch {
                if case .fileExists = error, keep { return try kept() }
                complain("\(error)")
                throw ExitStatus.system
            }
        }

        private func kept() throws -> String {
            do throws(TLSError) {
                try DevelopmentCertificates(in: directory).check()
                return "The certificates in \(directory) are still valid."
            } catch {
                complain("\(error)\n--force makes new ones in the place of those in \(directory)")
                throw ExitStatus.system
            }
        }
    }
}
