import TLS
import Testing

@Suite("TLSError")
struct TLSErrorTests {
    @Test("Every error of a file names the file")
    func namesFiles() {
        let time = CertificateTime(secondsSinceEpoch: 0)
        let errors: [TLSError] = [
            .unreadableFile(path: "p.pem", reason: "r"), .unwritableFile(path: "p.pem", reason: "r"),
            .fileExists(path: "p.pem"),
            .noCertificate(path: "p.pem"), .malformedCertificate(path: "p.pem", reason: "r"),
            .unacceptableCertificate(path: "p.pem", reason: "r"), .certificateExpired(path: "p.pem", notAfter: time),
            .certificateNotYetValid(path: "p.pem", notBefore: time), .brokenChain(path: "p.pem", position: 1),
            .malformedPrivateKey(path: "p.pem", reason: "r"), .encryptedPrivateKey(path: "p.pem"),
            .keyMismatch(certificate: "p.pem", privateKey: "k.pem"),
        ]
        for error in errors {
            #expect(error.description.contains("p.pem"))
            #expect(!error.description.contains("\n"))
        }
        #expect(
            TLSError.certificateExpired(path: "p.pem", notAfter: time).description
                == "the certificate in p.pem expired at 1970-01-01T00:00:00Z; renew it"
        )
    }

    @Test("A refused certificate is told with the reason")
    func verification() {
        #expect(
            TLSError.peerVerificationFailed(.nameMismatch).description
                == "the peer's certificate was refused: it is for another name"
        )
    }
}
