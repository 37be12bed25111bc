import Foundation
import GuardCore
import Testing

@testable import ChatAPI

/// Policies/DIALECTS.md and the code say the same.
struct DialectReferenceTests {
    private static let document = try? String(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Policies/DIALECTS.md"),
        encoding: .utf8
    )

    private static func code(_ names: some Sequence<String>) -> String {
        names.sorted().map { "`\($0)`" }.joined(separator: ", ")
    }

    private static func places(_ descriptions: [String: Set<String>]) -> [String] {
        descriptions.flatMap { holder, members in members.map { "\(holder).\($0)" } }
    }

    /// The part of the document about one dialect.
    static func section(_ names: [String], _ table: FieldTable) -> String {
        let data = table.data.map { field in
            let place = (field.parent.map { $0 + "." } ?? "") + field.member
            return field.types.isEmpty ? place : place + " (\(field.types.sorted().joined(separator: ", ")))"
        }
        var rows = [
            "| identifiers | \(code(table.identifiers)) |", "| names | \(code(table.names)) |",
            "| data | \(code(data)) |", "| free | \(code(table.free)) |",
            "| steering (`context`) | \(code(table.context)) |",
        ]
        if !table.maps.isEmpty { rows.append("| maps | \(code(table.maps)) |") }
        if !table.lists.isEmpty { rows.append("| lists | \(code(table.lists)) |") }
        if !table.descriptions.isEmpty { rows.append("| descriptions | \(code(places(table.descriptions))) |") }
        if !table.typedDescriptions.isEmpty {
            rows.append("| descriptions, by `type` | \(code(places(table.typedDescriptions))) |")
        }
        if !table.toolMembers.isEmpty { rows.append("| `tool`, by member | \(code(table.toolMembers)) |") }
        if !table.toolTypes.isEmpty { rows.append("| `tool`, by `type` | \(code(table.toolTypes)) |") }
        rows.append("| members | \(code(table.members)) |")
        return "## \(names.joined(separator: ", "))\n\n| | |\n|---|---|\n" + rows.joined(separator: "\n") + "\n"
    }

    static var sections: [String] {
        let names = Dictionary(grouping: FieldFixture.all) { Self.code($0.dialect.fields.identifiers) }
        return names.values.map { fixtures in
            section(fixtures.map(\.dialect.name).sorted(), fixtures[0].dialect.fields)
        }.sorted()
    }

    @Test func everyTableIsInTheDocument() throws {
        let document = try #require(Self.document)
        #expect(!Self.sections.isEmpty)
        for section in Self.sections {
            #expect(document.contains(section), "Policies/DIALECTS.md lacks:\n\(section)")
        }
    }

    @Test func theWordsOfJSONSchemaAreInTheDocument() throws {
        let document = try #require(Self.document)
        #expect(document.contains("| keywords | \(Self.code(FieldTable.schemaMembers)) |"))
        #expect(document.contains("| values of `type` | \(Self.code(FieldTable.schemaTypes)) |"))
    }

    @Test func everyGuardedPathIsInTheDocument() throws {
        let document = try #require(Self.document)
        for path in Endpoint.guardedPaths {
            let operation = path.split(separator: "{model}").last.map(String.init) ?? path
            #expect(document.contains(operation), "Policies/DIALECTS.md lacks \(path)")
        }
    }

    @Test func everyModerationCategoryIsInTheDocument() throws {
        let document = try #require(Self.document)
        for (name, sources) in Moderation.names {
            let row = "| `\(name)` | \(sources.isEmpty ? "none" : Self.code(sources.map(\.rawValue))) |"
            #expect(document.contains(row), "Policies/DIALECTS.md lacks \(row)")
        }
    }
}
