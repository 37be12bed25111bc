import Foundation
import GuardCore
import Testing

@testable import Audit

@Suite struct AuditEncoderTests {
    private var full: AuditRecord {
        var record = AuditRecord.sample()
        record.traceID = String(repeating: "a", count: 32)
        record.spanID = String(repeating: "b", count: 16)
        record.tenant = "acme"
        record.caller = "batch jobs"
        record.modelDigest = "ff00"
        record.outcome = .safeguarded
        record.route = "/v1/chat/completions"
        record.dialect = "openai.chat"
        record.model = "demo\n\"x\""
        record.isStream = true
        let findings = [
            Finding(category: .weapons, source: .model(score: 0.987_654_3, threshold: 0.5), action: .block, segment: 1),
            Finding(category: .privacy, source: .rule(id: "card", spans: [3..<19]), action: .rewrite, segment: 0),
            Finding(category: .hate, source: .failure, action: .log, segment: nil),
        ]
        let phase = AuditRecord.PhaseRecord(
            action: .block,
            categories: [.privacy, .weapons, .hate],
            findings: findings,
            scores: Assessment(
                harm: 0.75,
                categories: CategoryScores(HarmCategory.allCases.map { _ in 0.5 }),
                tokens: 3
            ),
            failure: "deadline",
            views: ["raw", "base64"],
            segmentsScanned: 3,
            segmentsUnscanned: 1,
            bytesScanned: 300,
            bytesUnscanned: 100
        )
        record.candidate = .init(policy: .init(name: "next", digest: "ff"), input: phase, output: phase)
        record.input = phase
        record.output = phase
        record.response = .init(origin: .template, category: .weapons, subject: "poison", fallbackReason: "detector")
        record.status = 200
        record.fault = "upstream"
        record.error = "upstream_reset"
        record.durations = .init(
            rules: .microseconds(125),
            model: .milliseconds(31),
            upstreamFirstByte: .milliseconds(1),
            upstream: .zero,
            safeguard: .milliseconds(40),
            proxy: .milliseconds(3),
            total: .seconds(2)
        )
        record.tokens = .init(judged: 40, generated: 12, prompt: 7, completion: 8)
        record.bytes = .init(request: 512, response: 2048)
        record.content = .init(input: ["in\u{2028}"], output: ["out"])
        return record
    }

    @Test func theLeastRecordHasNoEmptyFields() {
        let line = String(decoding: AuditEncoder.body(.sample()) + [0x7D], as: UTF8.self)
        #expect(
            line
                == #"{"event":"exchange","time":"1970-01-01T00:00:00.000Z","request_id":"r1","outcome":"answered","#
                + #""policy":{"name":"default","digest":"00ff"},"mode":"enforce","stream":false,"#
                + #""bytes":{"request":0,"response":0}}"#
        )
    }

    @Test func theFullRecordHasNoLineFeedAndAReaderUnderstandsIt() throws {
        let line = (AuditEncoder.body(full) + [0x7D])
        #expect(!line.contains(0x0A))
        let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["model"] as? String == "demo\n\"x\"")
        let input = try #require(object["input"] as? [String: Any])
        #expect(input["action"] as? String == "block")
        let findings = try #require(input["findings"] as? [[String: Any]])
        #expect(findings[0]["score"] as? Double == 0.987654)
        #expect(findings[1]["spans"] as? [[Int]] == [[3, 19]])
        #expect(findings[2]["segment"] == nil)
        let durations = try #require(object["durations_ms"] as? [String: Double])
        #expect(
            durations == [
                "rules": 0.125, "model": 31, "upstream_first_byte": 1, "upstream": 0, "safeguard": 40, "proxy": 3,
                "total": 2000,
            ]
        )
    }

    @Test func anAllowedPhaseSaysSo() {
        var record = AuditRecord.sample()
        record.input = .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0)
        let line = String(decoding: AuditEncoder.body(record) + [0x7D], as: UTF8.self)
        #expect(
            line.contains(#""input":{"action":"allow","categories":[],"findings":[],"views":[],"segments_scanned":1"#)
        )
    }

    @Test func theDocumentedFieldsAreThoseOfAFullRecord() throws {
        var found: Set<String> = []
        func walk(_ value: Any, _ path: String) {
            if let object = value as? [String: Any] {
                for (key, value) in object { walk(value, path.isEmpty ? key : path + "." + key) }
            } else if let array = value as? [Any], path.hasSuffix("spans") {
                #expect(array.count == 1)
                found.insert(path + "[]")
            } else if let array = value as? [Any] {
                for value in array { walk(value, path + "[]") }
            } else {
                found.insert(path)
            }
        }
        var sealed = AuditRecord.sample()
        sealed.content = .init(sealed: "MII=")
        // What is left out is told where there is more than a record holds.
        let many = AuditRecord.PhaseRecord(
            action: .log,
            findings: (0...200).map {
                Finding(category: .privacy, source: .rule(id: "card", spans: [3..<19]), action: .log, segment: $0)
            },
            segmentsScanned: 201,
            segmentsUnscanned: 0
        )
        var long = AuditRecord.sample()
        (long.input, long.output) = (many, many)
        long.candidate = .init(policy: .init(name: "next", digest: "ff"), input: many, output: many)
        for record in [full, sealed, long] {
            walk(try JSONSerialization.jsonObject(with: Data(AuditEncoder.body(record) + [0x7D])), "")
        }
        #expect(found == Set(AuditEncoder.fields))
        #expect(AuditEncoder.fields.count == Set(AuditEncoder.fields).count)
    }

    @Test func sealedTextsStandInPlaceOfTheTextsThatWereSealed() throws {
        var record = AuditRecord.sample()
        record.content = .init(input: ["open"], output: [], sealed: "MII=")
        let line = String(decoding: AuditEncoder.body(record) + [0x7D], as: UTF8.self)
        #expect(line.hasSuffix(#""content":{"sealed":"MII="}}"#))
        let content = AuditEncoder.content(.init(input: ["a\n"], output: ["b"]))
        #expect(String(decoding: content, as: UTF8.self) == #"{"input":["a\n"],"output":["b"]}"#)
    }

    @Test func keysKeepTheirOrder() throws {
        let line = String(decoding: (AuditEncoder.body(full) + [0x7D]), as: UTF8.self)
        var position = line.startIndex
        for key in [
            "event", "time", "request_id", "tenant", "caller", "outcome", "policy", "model_digest", "mode", "route",
            "dialect",
            "model", "stream", "input", "output", "response",
        ] {
            let place = try #require(line.range(of: "\"\(key)\":", range: position..<line.endIndex))
            position = place.upperBound
        }
    }
}
