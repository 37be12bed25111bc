import SwiftProtobuf
import Testing

@testable import Tracing

@Suite struct SpanBatchTests {
    private func span(_ name: String) -> Span { Span(traceID: .random(), parent: nil, name: name, start: 1, end: 2) }

    @Test func `spans are read back in their order, each with its own attributes`() throws {
        var batch = SpanBatch()
        let long = String(repeating: "x", count: 20_000)
        batch.add(span("a")) { $0.text("one", "1") }
        batch.add(span("b"))
        batch.add(span("c")) {
            $0.text("long", long)
            $0.number("three", 3)
        }
        let sent = try Otlp_ScopeSpans(serializedBytes: batch.writer.bytes).spans
        #expect(batch.count == 3 && sent.map(\.name) == ["a", "b", "c"])
        #expect(sent.map { $0.attributes.map(\.key) } == [["one"], [], ["long", "three"]])
        #expect(sent[2].attributes[0].value.stringValue == long)
    }

    @Test func `a copy goes its own way`() throws {
        var batch = SpanBatch()
        batch.add(span("a"))
        let before = batch
        batch.add(span("b"))
        #expect(before.count == 1 && batch.count == 2)
        #expect(try Otlp_ScopeSpans(serializedBytes: before.writer.bytes).spans.map(\.name) == ["a"])
    }

    @Test func `nothing is no bytes`() {
        #expect(SpanBatch().writer.bytes.isEmpty && SpanBatch().count == 0)
    }
}
