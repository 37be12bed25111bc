import Testing

@testable import Audit

@Suite struct LineHeadTests {
    @Test func `the head of a record is read as it is written`() {
        var record = AuditRecord.sample(requestID: "r-1")
        record.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        record.spanID = "00f067aa0ba902b7"
        let head = LineHead(AuditEncoder.body(record))
        #expect(head.event == "exchange" && head.requestID == "r-1" && head.time == record.time)
        #expect(head.traceID == record.traceID && head.spanID == record.spanID)
    }

    @Test func `the log's own lines have less of it`() {
        let time = AuditTime(millisecondsSinceEpoch: 1_000)
        let head = LineHead(AuditEvent.lost(3).body(at: time))
        #expect(head.event == "lost" && head.time == time)
        #expect(head.requestID == nil && head.traceID == nil)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #"{"event"#, #"{"event":"#, #"{"event":"x"#, #"{"event":1}"#, #"{"event":"a\"b"}"#,
        #"{"tenant":"x","event":"exchange"}"#, "{\"event\":\"" + String(repeating: "x", count: 5_000) + "\"}",
    ])
    func `what does not begin like a line has none`(text: String) {
        #expect(LineHead(Array(text.utf8)) == LineHead([]))
    }

    @Test func `what stands before a member that is no plain word counts`() {
        let head = LineHead(Array(#"{"event":"exchange","time":"yesterday","request_id":{"a":1},"trace_id":"t"}"#.utf8))
        #expect(head.event == "exchange" && head.time == nil && head.requestID == nil && head.traceID == nil)
    }
}
