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
            ("callers", GatewayConfigurationKeys.callers),
            ("conversations", GatewayConfigurationKeys.conversations), ("admin", GatewayConfigurationKeys.admin),
            ("admin.tls", GatewayConfigurationKeys.adminTLS), ("store", GatewayConfigurationKeys.store),
            ("upstream", GatewayConfigurationKeys.upstream),
            ("model", GatewayConfigurationKeys.model), ("engines", GatewayConfigurationKeys.engines),
            ("judge", GatewayConfigurationKeys.judge), ("audit", GatewayConfigurationKeys.audit),
            ("audit.rotate", GatewayConfigurationKeys.rotate), ("tracing", GatewayConfigurationKeys.tracing),
            ("limits", GatewayConfigurationKeys.limits),
        ]
        let inner = sections.flatMap { section, keys in keys.map { "\(section).\($0)" } }
        let outer = GatewayConfigurationKeys.root.filter { key in !sections.contains { $0.0 == key } }
        for key in inner + outer where !["listen.tls", "audit.rotate", "admin.tls"].contains(key) {
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
        for field in AuditEncoder.fields {
            // Fields of the same name in the two phases, and the categories' scores, are documented once.
            let name = field.replacing("[]", with: "").split(separator: ".").prefix { $0 != "scores" }.last ?? "scores"
            #expect(readme.contains("`\(name)`"), "README.md does not document the audit field \(field)")
        }
        for event in AuditEncoder.events {
            #expect(readme.contains("`\(event)`"), "README.md does not document the audit event \(event)")
        }
    }
}
