import Testing

@testable import Tracing

@Suite struct TraceIDsTests {
    @Test func `zero names nothing`() {
        #expect(TraceID(high: 0, low: 0) == nil && SpanID(0) == nil)
        #expect(TraceID(high: 0, low: 1)?.description == String(repeating: "0", count: 31) + "1")
        #expect(SpanID(.max)?.description == "ffffffffffffffff")
    }

    @Test func `new ones differ`() {
        #expect(Set((0..<100).map { _ in TraceID.random() }).count == 100)
        #expect(Set((0..<100).map { _ in SpanID.random() }).count == 100)
    }

    @Test func `a share is a share, and the same for whoever asks`() {
        let all = (0..<2000).map { _ in TraceID.random() }
        #expect(all.allSatisfy { $0.isAmong(share: 1) })
        #expect(!all.contains { $0.isAmong(share: 0) })
        let few = all.filter { $0.isAmong(share: 0.25) }
        #expect((300...700).contains(few.count))
        #expect(few.allSatisfy { $0.isAmong(share: 0.25) && $0.isAmong(share: 0.5) })
    }

    @Test(arguments: ["", "g", "A", "-1", "+1", "0123456789abcdef0"])
    func `what are not hexadecimal digits are not read`(text: String) {
        #expect(Hexadecimal.value(Array(text.utf8)) == nil)
    }

    @Test func `what is written is read`() {
        let (trace, span) = (TraceID.random(), SpanID.random())
        #expect(TraceID(hexadecimal: "\(trace)") == trace && SpanID(hexadecimal: "\(span)") == span)
        for text in [
            "", "0", "\(trace)".uppercased() + "A", "\(trace)0", String(repeating: "0", count: 32), "é\(trace)",
        ] {
            #expect(TraceID(hexadecimal: text) == nil && SpanID(hexadecimal: text) == nil)
        }
    }
}
