import Audit
import Foundation
import GuardCore
import PolicyLanguage
import Testing

@testable import Gateway

/// The README's reference and the code say the same.
@Suite struct ReferenceTests {
    private static let readme = try? String(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md"),
        encoding: .utf8
    )

    @Test(arguments: Reference.Part.allCases)
    func `the README holds each part as the code tells it`(part: Reference.Part) throws {
        let readme = try #require(Self.readme)
        let text = Reference.text(part)
        #expect(text.split(separator: "\n").count > 20)
        #expect(
            readme.contains("<!-- reference: \(part.rawValue) -->\n\n\(text)\n<!-- end -->"),
            "README.md is out of date: run make reference"
        )
    }

    @Test func `no key and no field is told twice, and each has a meaning`() {
        let keys = GatewayConfigurationKeys.root.flatMap { $0.flattened() }
        #expect(Set(keys.map(\.name)).count == keys.count)
        #expect(keys.allSatisfy { !$0.key.meaning.isEmpty })
        #expect(AuditField.record.allSatisfy { !$0.meaning.isEmpty })
        let registry = GatewayMetrics().registry
        _ = LiveGauges(registry)
        #expect(registry.descriptions.allSatisfy { $0.help.count > 10 })
    }

    /// A configuration with every mapping in it, so that any key can be added.
    private static var whole: [String: Any] {
        [
            "version": 1,
            "listen": ["address": "127.0.0.1:8443", "tls": ["certificate": "a", "key": "b", "client_ca": "c"]],
            "admin": ["address": "127.0.0.1:9901", "tls": ["certificate": "a", "key": "b"]],
            "upstream": ["url": "http://127.0.0.1:1", "health": ["path": "/"]],
            "policy": "p.yaml",
            "model": ["file": "m.slm"],
            "callers": [String: Any](),
            "conversations": [String: Any](),
            "engines": [["name": "e", "template": "llama_guard", "model": "m", "url": "http://127.0.0.1:2"]],
            "judge": ["engines": ["embedded", "e"]],
            "audit": ["path": "a.jsonl", "rotate": ["size": "1MiB"]],
            "store": [String: Any](),
            "tracing": ["endpoint": "http://127.0.0.1:3"],
            "limits": [String: Any](),
        ]
    }

    /// The same with one more key, by its whole name; nil if the mapping is in none of the places.
    private static func adding(_ value: Any, at name: [Substring], to object: Any?) -> Any? {
        guard let first = name.first else { return value }
        if let list = object as? [Any] { return adding(value, at: name, to: list.first).map { [$0] } }
        guard var mapping = object as? [String: Any] else { return nil }
        guard let inner = adding(value, at: Array(name.dropFirst()), to: mapping[String(first)]) else { return nil }
        mapping[String(first)] = inner
        return mapping
    }

    private func configuration(_ object: Any) throws -> GatewayConfiguration {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reference-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("guardian.yaml")
        try JSONSerialization.data(withJSONObject: object).write(to: file)
        var configuration = try GatewayConfiguration.load(path: file.path, environment: [:])
        // The folder is another each time.
        configuration.policy = ""
        configuration.model.file = ""
        configuration.audit.place = .standardOutput
        configuration.tls = nil
        configuration.administration.tls = nil
        return configuration
    }

    /// Keys that stand in place of others, or whose mapping is not in `whole`.
    private static let elsewhere: Set = ["audit.path", "audit.otlp.service", "upstream.servers.weight"]

    @Test func `a key that is given its default changes nothing`() throws {
        let plain = try configuration(Self.whole)
        var count = 0
        for (name, key) in GatewayConfigurationKeys.root.flatMap({ $0.flattened() }) {
            guard case .value(let text) = key.standard, !Self.elsewhere.contains(name) else { continue }
            var value: Any = Int(text).map { $0 as Any } ?? text
            if case .flag = key.kind { value = text == "true" }
            if text.hasPrefix("[") { continue }
            let object = try #require(Self.adding(value, at: name.split(separator: "."), to: Self.whole), "\(name)")
            #expect(try configuration(object) == plain, "\(name) is not \(text) by default")
            count += 1
        }
        #expect(count > 40)
    }
}

@Suite struct FilledReferenceTests {
    private let parts = ["a": "A\n", "b": "B\n"]

    @Test func `what stands between the lines is replaced, once and for all`() {
        let text = "x\n<!-- reference: a -->\nold\n\nold\n<!-- end -->\ny\n<!-- reference: b -->\n<!-- end -->"
        let filled = Reference.filled(text, with: parts)
        #expect(
            filled == "x\n<!-- reference: a -->\n\nA\n\n<!-- end -->\ny\n<!-- reference: b -->\n\nB\n\n<!-- end -->"
        )
        #expect(filled.flatMap { Reference.filled($0, with: parts) } == filled)
    }

    @Test(arguments: ["", "x", "x\n", "<!-- end -->\n", "<!-- reference: a\n"])
    func `a text without a part stays as it is`(text: String) {
        #expect(Reference.filled(text, with: parts) == text)
    }

    @Test(arguments: ["<!-- reference: c -->\n<!-- end -->", "<!-- reference: a -->\nx\n"])
    func `a part that is not known or not ended is an error`(text: String) {
        #expect(Reference.filled(text, with: parts) == nil)
    }

    @Test func `a bar in a cell is not the end of it`() {
        #expect(Reference.table(["a"], [["b | c"]]) == "| a |\n| --- |\n| b \\| c |\n")
    }
}
