/// Certificates for trying the gateway on one's own machine: an authority and, signed by it, a server certificate for
/// the loopback names.
///
/// The authority's private key is never written anywhere, so trusting `ca.pem` opens no door: nothing else can be
/// signed with it, by us or by whoever finds the folder.
package struct DevelopmentCertificates: Sendable, Hashable {
    /// Where the certificates go if nobody says otherwise.
    package static let defaultFolder = "Certs"
    /// What the server certificate is always for.
    package static let loopbackNames = ["localhost", "127.0.0.1", "::1"]

    /// Path of the authority's certificate, for clients to trust.
    package let authority: String
    /// Path of the server's certificate.
    package let certificate: String
    /// Path of the server's private key, readable by its owner only.
    package let privateKey: String

    /// Names the files in a folder, whether they exist or not.
    package init(in folder: String = Self.defaultFolder) {
        let prefix = folder.isEmpty ? "" : folder.hasSuffix("/") ? folder : folder + "/"
        self.authority = prefix + "ca.pem"
        self.certificate = prefix + "server.pem"
        self.privateKey = prefix + "server-key.pem"
    }

    /// Makes new certificates and writes them.
    ///
    /// Files that are there already are replaced only if the server certificate among them has expired, or on demand.
    ///
    /// - Parameters:
    ///   - folder: made if it is missing.
    ///   - names: further host names and IP addresses for the server certificate.
    ///   - validity: of the server certificate and its authority.
    ///   - overwrite: replace files that are still of use.
    /// - Throws: `TLSError.fileExists`, `.unwritableFile`, `.invalidCertificateName`.
    @discardableResult
    package static func make(
        in folder: String = Self.defaultFolder,
        names: [String] = [],
        validity: CertificateValidity = .days(90),
        overwrite: Bool = false
    ) throws(TLSError) -> DevelopmentCertificates {
        let files = DevelopmentCertificates(in: folder)
        if !overwrite, !files.hasExpired {
            for path in [files.authority, files.certificate, files.privateKey] where FileContents.exists(path) {
                throw .fileExists(path: path)
            }
        }
        let further = names.filter { !Self.loopbackNames.contains($0) }
        let authority = try CertificateAuthority(commonName: "Guardian development authority", validity: validity)
        let server = try authority.issue(names: Self.loopbackNames + further, validity: validity)
        if !folder.isEmpty { try FileContents.makeFolder(folder) }
        try FileContents.store(server.privateKey, to: files.privateKey, mode: 0o600)
        try FileContents.store(server.certificate, to: files.certificate, mode: 0o644)
        try FileContents.store(authority.pem(), to: files.authority, mode: 0o644)
        return files
    }

    /// Checks that a server can show the certificate, and that clients can trust the authority.
    ///
    /// - Throws: `TLSError` of the configuration kind, naming the file at fault.
    package func check() throws(TLSError) {
        _ = try TLSContext.server(
            TLSServerConfiguration(certificateChain: self.certificate, privateKey: self.privateKey)
        )
        _ = try TLSContext.client(TLSClientConfiguration(trustRoots: .file(self.authority)))
    }

    /// Whether the server certificate is there, readable, and past its time.
    package var hasExpired: Bool {
        guard let notAfter = try? Certificate.load(path: self.certificate).first?.notAfter else { return false }
        return notAfter < .now
    }
}
