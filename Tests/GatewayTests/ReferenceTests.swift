import Audit
import Foundation
import GuardCore
import Testing

@testable import Gateway

/// The README's reference and the code say the same.
@Suite struct ReferenceTests {
    private static let readme = try? String(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md"),
        encoding: .utf8
    )

    @Test func `every configuration key is documented`() throws {
        let readme = try #require(Self.readme)
        let sections: [(String, [String])] = [
            ("listen", GatewayConfigurationKeys.listen), ("listen.tls", GatewayConfigurationKeys.tls),
            ("admin", GatewayConfigurationKeys.admin), ("upstream", GatewayConfigurationKeys.upstream),
            ("model", GatewayConfigurationKeys.model), ("audit", GatewayConfigurationKeys.audit),
            ("limits", GatewayConfigurationKeys.limits),
        ]
        let inner = sections.flatMap { section, keys in keys.map { "\(section).\($0)" } }
        let outer = GatewayConfigurationKeys.root.filter { key in !sections.contains { $0.0 == key } }
        for key in inner + outer where key != "listen.tls" {
            #expect(readme.contains("`\(key)`"), "README.md does not document \(key)")
        }
    }

    @Test func `every metric is documented`() throws {
        let readme = try #require(Self.readme)
        let registry = GatewayMetrics().registry
        _ = LiveGauges(registry)
        for name in registry.names {
            #expect(readme.contains("`\(name)`"), "README.md does not document \(name)")
        }
    }

    @Test func `every audit field is documented`() throws {
        let readme = try #require(Self.readme)
        let record = AuditRecord(
            time: .now(),
            requestID: "r",
            policy: .init(name: "p", digest: "d"),
            mode: "enforce",
            route: "r",
            dialect: "d",
            model: "m",
            input: .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0),
            output: .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0),
            response: .init(origin: .template, category: .hate, fallbackReason: "x"),
            status: 200,
            fault: "client",
            error: "e",
            candidate: .init(policy: .init(name: "n", digest: "d")),
            content: .init()
        )
        let line = Data(AuditEncoder.line(record))
        let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        for field in object.keys {
            #expect(readme.contains("`\(field)`"), "README.md does not document the audit field \(field)")
        }
    }
}
