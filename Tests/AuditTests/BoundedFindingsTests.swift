import GuardCore
import Testing

@testable import Audit

@Suite struct BoundedFindingsTests {
    private func finding(_ rule: String, _ action: Action = .log, segment: Int, spans: Int = 1) -> Finding {
        let places = (0..<spans).map { $0 * 10..<$0 * 10 + 5 }
        return Finding(category: .privacy, source: .rule(id: rule, spans: places), action: action, segment: segment)
    }

    private func record(_ findings: [Finding]) -> AuditRecord.PhaseRecord {
        .init(action: .block, findings: findings, segmentsScanned: 1, segmentsUnscanned: 0)
    }

    @Test func fewFindingsAreKeptAsTheyAre() {
        let findings = (0..<200).map { finding("a", segment: $0, spans: 5) }
        let record = record(findings)
        #expect(record.findings == findings)
        #expect(record.findingsOmitted == 0 && record.spansOmitted == 0)
    }

    @Test func ofManyThoseAreKeptThatTellMostInTheirOrder() {
        var findings = (0..<20_000).map { finding("a", segment: $0) }
        findings[15_000] = finding("b", segment: 15_000)
        findings[16_000] = finding("a", .block, segment: 16_000)
        findings[17_000] = finding("a", .block, segment: 17_000)
        let record = record(findings)
        #expect(record.findings.count == 200 && record.findingsOmitted == 19_800 && record.spansOmitted == 19_800)
        #expect(record.findings.compactMap(\.segment) == Array(0..<197) + [15_000, 16_000, 17_000])
    }

    @Test func moreReasonsThanThereIsRoomForAreTheStrictest() {
        let findings = (0..<300).map { finding("r\($0)", $0 == 299 ? .block : .log, segment: $0) }
        #expect(record(findings).findings.compactMap(\.segment) == Array(0..<199) + [299])
    }

    @Test func ofManyPlacesTheFirstAreKept() {
        let record = record([
            finding("a", segment: 0, spans: 900), finding("b", segment: 1, spans: 50_000), finding("c", segment: 2),
        ])
        #expect(record.findings.count == 3 && record.findingsOmitted == 0)
        #expect(AuditRecord.PhaseRecord.spans(record.findings) == 1000 && record.spansOmitted == 49_901)
    }

    @Test func aLineTellsWhatIsLeftOut() {
        var long = AuditRecord.sample()
        long.input = record((0..<20_000).map { finding("a", segment: $0, spans: 3) })
        let line = AuditEncoder.body(long)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.contains(#""findings_omitted":19800,"spans_omitted":59400,"#))
        #expect(line.count < 50_000)
        long.input = record([finding("a", segment: 0)])
        #expect(!String(decoding: AuditEncoder.body(long), as: UTF8.self).contains("omitted"))
    }
}
