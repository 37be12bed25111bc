import Testing

@testable import Audit

@Suite struct AuditTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_763_930_467_042, "2025-11-23T20:41:07.042Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    ) func isRFC3339ToTheMillisecond(milliseconds: Int64, text: String) {
        #expect(AuditTime(millisecondsSinceEpoch: milliseconds).rfc3339 == text)
    }

    @Test func theClockMovesOn() {
        let first = AuditTime.now()
        #expect(first <= AuditTime.now())
        #expect(first > AuditTime(millisecondsSinceEpoch: 1_700_000_000_000))
    }
}
