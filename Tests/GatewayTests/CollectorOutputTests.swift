import Audit
import Logging
import NIOCore
import NIOPosix
import Testing
import Tracing

@testable import Gateway

@Suite struct CollectorOutputTests {
    private func record(_ text: String, event: String = "exchange") -> LogLine {
        CollectorOutput.record(Array(text.utf8)[...], event: event)
    }

    @Test func `a line is the body, and its head what log records have of their own`() {
        let text =
            #"{"event":"exchange","time":"2026-11-29T12:00:00.042Z","request_id":"r-1","#
            + #""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","outcome":"answered"}"#
        let line = record(text)
        #expect(line.text == text && line.event == "guardian.audit.exchange" && line.severity == .info)
        #expect(line.time == 1_795_953_600_042_000_000)
        #expect(line.attributes == [.init("guardian.request_id", "r-1")])
        #expect(line.traceID.map { "\($0)" } == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(line.spanID.map { "\($0)" } == "00f067aa0ba902b7")
    }

    @Test func `a line about lost records is a warning`() {
        let line = record(#"{"event":"lost","time":"2026-11-29T12:00:00.042Z","records":3}"#, event: "lost")
        #expect(line.severity == .warning && line.traceID == nil && line.attributes.isEmpty)
    }

    @Test(arguments: [(.unacceptable, true), (.refused, false), (.taken(rejected: 1), false)] as [(Delivery, Bool)])
    func `only what the collector never takes is refused for good`(delivery: Delivery, isForGood: Bool) async throws {
        let client = try await CollectorClient.make(
            .init(server: .init(scheme: "http", host: "127.0.0.1", port: 9), path: "/v1/logs"),
            sending: "audit records",
            key: "audit.otlp",
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        defer { client.shutDown() }
        let output = CollectorOutput(client, LogExporter { _ in delivery })
        let isTaken = output.write(Array(#"{"event":"exchange"}"#.utf8), event: "exchange")
        #expect(isTaken == (delivery == .taken(rejected: 1)))
        #expect(output.refusesForGood == isForGood)
    }

    @Test func `a trace that is none is left out`() {
        let line = record(#"{"event":"exchange","trace_id":"XYZ","span_id":"0000000000000000"}"#)
        #expect(line.traceID == nil && line.spanID == nil && line.time > 0)
    }
}
