import ArgumentParser
import Foundation
import Gateway

/// Every command with its arguments, as the program itself describes them.
enum CommandReference {
    /// What is read of the description that `--experimental-dump-help` prints.
    private struct Tool: Decodable {
        var command: Command
    }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var abstract: String?
    }

    /// Markdown, a heading and a table for each command.
    static func text() throws -> String {
        let tool = try JSONDecoder().decode(Tool.self, from: Data(Guardian._dumpHelp().utf8))
        return sections(tool.command, below: []).joined(separator: "\n")
    }

    private static func sections(_ command: Command, below outer: [String]) -> [String] {
        guard command.shouldDisplay ?? true, command.commandName != "help" else { return [] }
        let names = outer + [command.commandName]
        var text = "### \(names.joined(separator: " "))\n\n"
        if let abstract = command.abstract, !abstract.isEmpty { text += abstract + "\n" }
        if let discussion = command.discussion, !discussion.isEmpty { text += "\n" + discussion + "\n" }
        // Every command has these two.
        let common: Set = ["help", "version"]
        let arguments = (command.arguments ?? []).filter { argument in
            argument.shouldDisplay && !common.contains(argument.names?.last?.name ?? "")
        }
        if !arguments.isEmpty {
            text += "\n" + Reference.table(["argument", "default", "meaning"], arguments.map(row))
        }
        return [text] + (command.subcommands ?? []).flatMap { sections($0, below: names) }
    }

    private static func row(_ argument: Argument) -> [String] {
        let value = "<\(argument.valueName ?? "value")>"
        let names = (argument.names ?? []).map(\.text).joined(separator: ", ")
        var form = argument.kind == "positional" ? value : names
        if argument.kind == "option" { form += " \(value)" }
        if argument.isRepeating { form += " …" }
        var meaning = argument.abstract ?? ""
        if let values = argument.allValues, !values.isEmpty {
            meaning += " One of \(values.map { "`\($0)`" }.joined(separator: ", "))."
        }
        let standard = argument.defaultValue.map { "`\($0)`" } ?? (argument.isOptional ? "none" : "required")
        return ["`\(form)`", standard, meaning]
    }
}
