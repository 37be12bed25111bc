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

    @Test(
        arguments: [
            ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("2025-11-23T20:41:07.042Z", 1_763_930_467_042),
            ("2025-11-23t21:41:07.0429+01:00", 1_763_930_467_042), ("2000-02-29", 951_782_400_000),
            ("1969-12-31 23:59:59.9-00:30", 1_799_900), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("0000-01-01", -62_167_219_200_000),
        ] as [(String, Int64)]
    ) func isReadFromRFC3339(text: String, milliseconds: Int64) {
        #expect(AuditTime(rfc3339: text)?.millisecondsSinceEpoch == milliseconds)
    }

    @Test(
        arguments: [
            "", "today", "1970", "1970-1-1", "1970-13-01", "1970-02-29", "1970-00-10", "1970-01-00",
            "1970-01-01T24:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Z ",
            "1970-01-01T00:00:00+1:00", "1970-01-01T00:60:00Z", "+970-01-01", "１９７０-01-01",
        ]
    ) func whatIsNoTimeIsNotRead(text: String) {
        #expect(AuditTime(rfc3339: text) == nil)
    }

    @Test func everyDayIsReadAsItIsWritten() throws {
        for day in stride(from: Int64(-719_528), through: 2_932_896, by: 37) {
            let time = AuditTime(millisecondsSinceEpoch: day * 86_400_000 + 12_345)
            #expect(try #require(AuditTime(rfc3339: time.rfc3339)) == time)
        }
        #expect(AuditTime(millisecondsSinceEpoch: 1_763_930_467_042).compact == "20251123T204107Z")
    }

    @Test(arguments: ["19700101T000000Z", "20251123T204107Z", "99991231T235959Z"])
    func theCompactFormIsReadAsItIsWritten(text: String) {
        #expect(AuditTime(compact: text)?.compact == text)
    }

    @Test(arguments: ["", "20251123T204107", "20251323T204107Z", "2025-11-23T20:41Z", "aaaaaaaaaaaaaaaZ"])
    func whatIsNotTheCompactFormIsNotRead(text: String) {
        #expect(AuditTime(compact: text) == nil)
    }

    @Test func theClockMovesOn() {
        let first = AuditTime.now()
        #expect(first <= AuditTime.now())
        #expect(first > AuditTime(millisecondsSinceEpoch: 1_700_000_000_000))
    }
}
