/// The span of time in which a certificate is valid, both ends included.
package struct CertificateValidity: Sendable, Hashable {
    package var notBefore: CertificateTime
    package var notAfter: CertificateTime

    package init(notBefore: CertificateTime, notAfter: CertificateTime) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// So many days from now on. It begins an hour ago: the clocks of two machines seldom agree.
    package static func days(_ days: Int64) -> CertificateValidity {
        let now = CertificateTime.now
        return CertificateValidity(notBefore: now.adding(seconds: -3600), notAfter: now.adding(days: days))
    }

    /// So many days that ended yesterday.
    package static func expired(days: Int64 = 30) -> CertificateValidity {
        let end = CertificateTime.now.adding(days: -1)
        return CertificateValidity(notBefore: end.adding(days: -days), notAfter: end)
    }
}
