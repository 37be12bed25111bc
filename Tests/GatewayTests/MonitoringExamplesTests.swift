import Audit
import Foundation
import PolicyLanguage
import Testing

@testable import Gateway

/// The dashboard and the alert rules name metrics and labels that exist, and the exposition is what Prometheus reads.
@Suite struct MonitoringExamplesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples/monitoring")

    private static func metrics() -> Set<String> {
        let registry = GatewayMetrics().registry
        _ = LiveGauges(registry)
        var names = Set(registry.names)
        for name in registry.names where name.hasSuffix("_seconds") {
            names.formUnion(["_bucket", "_sum", "_count"].map { name + $0 })
        }
        return names
    }

    private func named(in text: String) -> Set<String> {
        Set(text.matches(of: #/\bguardian_[a-z_]+/#).map { String($0.output) })
    }

    @Test func `every metric that the dashboard names exists`() throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent("grafana-dashboard.json"))
        let board = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(board["panels"] as? [[String: Any]])
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        let expressions = panels.flatMap {
            ($0["targets"] as? [[String: Any]] ?? []).compactMap { $0["expr"] as? String }
        }
        #expect(expressions.count >= panels.count && panels.count > 10)
        for expression in expressions { #expect(!named(in: expression).isEmpty, "\(expression)") }
        let unknown = named(in: expressions.joined(separator: " ")).subtracting(Self.metrics())
        #expect(unknown.isEmpty)
    }

    @Test func `every metric that the alert rules name exists`() throws {
        let path = Self.folder.appendingPathComponent("alerts.yaml").path
        var decoder = AlertRules()
        let expressions = try YAMLText(path: path).decode(with: &decoder) { $0.expressions(of: $1) }
        #expect(expressions.count > 10)
        let named = named(in: expressions.joined(separator: " "))
        #expect(named.count > 8)
        #expect(named.subtracting(Self.metrics()).isEmpty)
    }

    @Test func `every metric is named as Prometheus asks and says what it is`() throws {
        let registry = GatewayMetrics().registry
        _ = LiveGauges(registry)
        let lines = registry.exposition().split(separator: "\n")
        var types: [String: String] = [:]
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# TYPE ") {
                #expect(types.updateValue(words[3], forKey: words[2]) == nil)
            } else if line.hasPrefix("# HELP ") {
                #expect(words[3].hasSuffix("."))
            } else {
                #expect(
                    line.wholeMatch(of: #/[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (\+Inf|[0-9.e+-]+)/#) != nil
                )
                let name = String(words[0].prefix { $0 != "{" })
                let base = name.replacing(#/_(bucket|sum|count)$/#, with: "")
                #expect(types[base] != nil || types[name] != nil)
            }
        }
        #expect(Set(types.keys) == Set(registry.names))
        for (name, type) in types {
            #expect(name.hasPrefix("guardian_"))
            #expect((type == "counter") == name.hasSuffix("_total"), "\(name) is a \(type)")
            if type == "histogram" { #expect(name.hasSuffix("_seconds")) }
        }
    }
}

/// Reads the expressions of a file of alert rules.
private struct AlertRules: YAMLDecoding {
    var problems: [Problem] = []

    func expressions(of root: YAMLNode) -> [String] {
        children(of: root, "groups").flatMap { children(of: $0, "rules") }.compactMap { rule in
            entries(of: rule).first { $0.name == "expr" }?.value.text
        }
    }

    private func children(of node: YAMLNode, _ name: String) -> [YAMLNode] {
        guard let value = entries(of: node).first(where: { $0.name == name })?.value,
            case .sequence(let items) = value.content
        else { return [] }
        return items
    }

    private func entries(of node: YAMLNode) -> [YAMLEntry] {
        guard case .mapping(let entries) = node.content else { return [] }
        return entries
    }
}
