import TLS
import Testing

@Suite("CertificateTime")
struct CertificateTimeTests {
    @Test(
        "Moments are written in ISO 8601",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ]
    )
    func description(_ seconds: Int64, _ text: String) {
        #expect(CertificateTime(secondsSinceEpoch: seconds).description == text)
    }

    @Test("Days and seconds are added, and the sum may not trap")
    func adding() {
        let start = CertificateTime(secondsSinceEpoch: 10)
        #expect(start.adding(days: 1).secondsSinceEpoch == 86_410)
        #expect(start < start.adding(seconds: 1))
        _ = start.adding(days: .max).description
    }
}
