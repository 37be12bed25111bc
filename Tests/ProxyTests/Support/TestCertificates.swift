import Foundation
import TLS

/// Throw-away certificates for the loopback names, and the two ends that use them.
final class TestCertificates: Sendable {
    let folder: String
    let server: TLSContext
    let client: TLSContext
    /// A client that asks for HTTP/2.
    let http2Client: TLSContext
    /// One that takes either, and a server of each.
    let eitherClient: TLSContext
    let http1Server: TLSContext

    init(clientTrusts authority: TestCertificates? = nil) throws {
        self.folder = NSTemporaryDirectory() + "guardian-proxy-" + UUID().uuidString
        let files = try DevelopmentCertificates.make(in: self.folder)
        self.server = try .server(
            .init(
                certificateChain: files.certificate,
                privateKey: files.privateKey,
                applicationProtocols: ["h2", "http/1.1"]
            )
        )
        self.http1Server = try .server(
            .init(
                certificateChain: files.certificate,
                privateKey: files.privateKey,
                applicationProtocols: ["http/1.1"]
            )
        )
        let trusted = authority.map { DevelopmentCertificates(in: $0.folder) } ?? files
        self.client = try .client(
            .init(trustRoots: .file(trusted.authority), applicationProtocols: ["http/1.1"])
        )
        self.eitherClient = try .client(
            .init(trustRoots: .file(trusted.authority), applicationProtocols: ["h2", "http/1.1"])
        )
        self.http2Client = try .client(
            .init(trustRoots: .file(trusted.authority), applicationProtocols: ["h2"])
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
