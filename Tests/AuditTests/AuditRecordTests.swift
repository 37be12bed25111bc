import Testing

@testable import Audit

@Suite struct AuditRecordTests {
    @Test func holdsNoContentUnlessItIsGiven() {
        #expect(AuditRecord.sample().content == nil)
    }

    @Test func unknownCountsAreAbsentAndSizesZero() {
        let record = AuditRecord.sample()
        #expect(record.tokens == AuditRecord.Tokens())
        #expect(record.bytes == AuditRecord.Bytes(request: 0, response: 0))
    }
}

extension AuditRecord {
    /// The least a record holds.
    static func sample(requestID: String = "r1") -> AuditRecord {
        AuditRecord(
            time: AuditTime(millisecondsSinceEpoch: 0),
            requestID: requestID,
            policy: PolicyReference(name: "default", digest: "00ff"),
            mode: "enforce"
        )
    }
}
