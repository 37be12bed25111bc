import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Testing

/// A folder with files in it, gone when the test is over.
private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "include-\(UUID())")

    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = url.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func load(_ name: String = "policy.yaml") throws(PolicyError) -> Policy {
        try loader.load(path: url.appending(path: name).path)
    }

    /// What is wrong, with the folder's own path taken out.
    func errors(_ name: String = "policy.yaml") -> [String] {
        do throws(PolicyError) {
            _ = try load(name)
            return []
        } catch {
            return error.diagnostics.map { diagnostic in
                let place = diagnostic.mark.map { ":\($0.line):\($0.column)" } ?? ""
                let hint = diagnostic.hint.map { " (\($0))" } ?? ""
                return "\(diagnostic.file)\(place): \(diagnostic.message)\(hint)".replacing(url.path + "/", with: "")
            }
        }
    }
}

private func policy(including include: String, rules: String? = nil) -> String {
    "version: 1\nname: test\ninclude: \(include)\ninput: {others: ignore}\noutput: {others: ignore}\n"
        + (rules.map { "rules: \($0)\n" } ?? "")
}

private func pack(_ ids: String..., include: String? = nil, action: String = "log") -> String {
    "version: 1\n" + (include.map { "include: \($0)\n" } ?? "") + "rules:\n"
        + ids.map {
            "  - {id: \($0), tags: [t-\($0)], category: hate, match: {keywords: [\($0)]}, action: \(action)}\n"
        }.joined()
}

@Suite struct IncludeTests {
    @Test func includedRulesStandBeforeTheFilesOwnInOrder() throws {
        let folder = try Folder([
            "policy.yaml": policy(
                including: "[rules/b.yaml, rules/a.yaml]",
                rules: "[{id: own, category: hate, match: {keywords: [x]}, action: log}]"
            ),
            "rules/a.yaml": pack("a"), "rules/b.yaml": pack("b", include: "[deep/c.yaml]"),
            "rules/deep/c.yaml": pack("c"),
        ])
        #expect(try folder.load().rules.map(\.id) == ["c", "b", "a", "own"])
    }

    @Test func anInclusionMayChooseRulesAndSetTheirActions() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[{file: a.yaml, only: [one, t-two], action: block, response: template}]"),
            "a.yaml": pack("one", "two", "three"),
        ])
        let rules = try folder.load().rules
        #expect(rules.map(\.id) == ["one", "two"])
        #expect(rules.allSatisfy { $0.action == .block && $0.response == .template })
    }

    @Test func aPackThatTwoOthersIncludeCountsOnce() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[a.yaml, b.yaml]"),
            "a.yaml": pack("a", include: "[c.yaml]"), "b.yaml": pack("b", include: "[./c.yaml]"), "c.yaml": pack("c"),
        ])
        #expect(try folder.load().rules.map(\.id) == ["c", "a", "b"])
    }

    @Test func whatOneInclusionLeavesOutAnotherBringsIn() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[{file: a.yaml, only: [one]}, b.yaml]"),
            "a.yaml": pack("one", "two"), "b.yaml": pack("b", include: "[a.yaml]"),
        ])
        #expect(try folder.load().rules.map(\.id) == ["one", "two", "b"])
    }

    @Test func aCircleIsRefusedWhereItCloses() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[a.yaml]"),
            "a.yaml": pack("a", include: "[b.yaml]"), "b.yaml": pack("b", include: "[a.yaml]"),
        ])
        #expect(folder.errors() == ["b.yaml:2:11: the packs include each other: a.yaml -> b.yaml -> a.yaml"])
    }

    @Test func errorsOfAllFilesAreToldInOneRun() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[a.yaml, missing.yaml, /etc/passwd, ../a.txt]").replacing(
                "name:",
                with: "nam:"
            ),
            "a.yaml": pack("a").replacing("hate", with: "hat"),
        ])
        #expect(
            folder.errors() == [
                "policy.yaml:1:1: a policy has no 'name'",
                "policy.yaml:2:1: unknown key 'nam' in a policy (did you mean 'name'?)",
                "policy.yaml:3:19: missing.yaml: the file cannot be read: No such file or directory",
                "policy.yaml:3:33: a rule pack is a .yaml file named from the folder of this one, not '/etc/passwd'",
                "policy.yaml:3:46: a rule pack is a .yaml file named from the folder of this one, not '../a.txt'",
                "a.yaml:3:36: unknown category 'hat' (did you mean 'hate'?)",
            ]
        )
    }

    /// The system would read the file in front of it, whose kind nobody has looked at.
    @Test func aNullCharacterIsNoPartOfAFilesName() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: #"["notes.txt\0.yaml", {file: "notes.txt\0.yaml"}]"#),
            "notes.txt": pack("a"),
        ])
        #expect(
            folder.errors() == [
                "policy.yaml:3:11: a file must not hold a null character",
                "policy.yaml:3:38: a file must not hold a null character",
            ]
        )
    }

    @Test func anIdThatTwoFilesGiveIsRefusedWithBothPlaces() throws {
        let folder = try Folder([
            "policy.yaml": policy(
                including: "[a.yaml, b.yaml]",
                rules: "[{id: x, category: hate, match: {keywords: [y]}, action: log}]"
            ),
            "a.yaml": pack("x"), "b.yaml": pack("x"),
        ])
        #expect(
            folder.errors() == [
                "policy.yaml:3:19: the rule id 'x' of b.yaml:3 is taken (a.yaml:3 has it)",
                "policy.yaml:6:14: the rule id 'x' is taken (a.yaml:3 has it)",
            ]
        )
    }

    @Test func aChoiceThatNamesNothingIsRefused() throws {
        let folder = try Folder([
            "policy.yaml": policy(including: "[{file: a.yaml, only: [on]}]"), "a.yaml": pack("one"),
        ])
        #expect(folder.errors() == ["policy.yaml:3:33: no rule has the id or tag 'on' (did you mean 'one'?)"])
    }

    @Test func theDigestCoversWhatIsIncluded() throws {
        let files = ["policy.yaml": policy(including: "[a.yaml]"), "a.yaml": pack("a")]
        let before = try Folder(files).load().digest
        #expect(try Folder(files).load().digest == before)
        var changed = files
        changed["a.yaml"] = pack("abc")
        #expect(try Folder(changed).load().digest != before)
    }

    @Test func noMoreThanTheLimitIsRead() throws {
        var files = ["policy.yaml": policy(including: "[p0.yaml]")]
        for index in 0..<70 { files["p\(index).yaml"] = pack("r\(index)", include: "[p\(index + 1).yaml]") }
        #expect(try Folder(files).errors() == ["p63.yaml:2:11: more than 64 rule packs"])
    }

    @Test func whatAnInclusionSaysOfRulesThatAreIncludedBeforeIsRefused() throws {
        func folder(_ include: String) throws -> Folder {
            try Folder([
                "policy.yaml": policy(including: include), "a.yaml": pack("a"),
                "base.yaml": pack("b", include: "[a.yaml]"),
            ])
        }
        let hint = "put this in front of what brings it in first, or choose other rules with 'only'"
        for said in ["action: block", "response: template", "rewrite: {replace: x}"] {
            #expect(
                try folder("[base.yaml, {file: a.yaml, \(said)}]").errors() == [
                    "policy.yaml:3:22: rule 'a' is included before, and what this says of it does not count (\(hint))"
                ]
            )
        }
        #expect(try folder("[base.yaml, {file: a.yaml, action: log}]").load().rules.map(\.id) == ["a", "b"])
        let first = try folder("[{file: a.yaml, action: block}, base.yaml]").load().rules
        #expect(first.map(\.action) == [.block, .log])
    }

    @Test func whatAPackSaysOfRulesThatAreIncludedBeforeIsRefused() throws {
        func folder(_ include: String) throws -> Folder {
            try Folder([
                "policy.yaml": policy(including: include), "a.yaml": pack("a"),
                "base.yaml": pack("b", include: "[{file: a.yaml, action: block}]"),
            ])
        }
        let hint = "put this in front of what brings it in first, or choose other rules with 'only'"
        #expect(
            try folder("[a.yaml, base.yaml]").errors() == [
                "policy.yaml:3:19: rule 'a' is included before, and what this says of it does not count (\(hint))"
            ]
        )
        let first = try folder("[base.yaml, a.yaml]").load().rules
        #expect(first.map(\.action) == [.block, .log])
        // What says the same, or nothing in the end, is no matter.
        let same = try folder("[{file: a.yaml, action: block}, base.yaml]").load().rules
        #expect(same.map(\.action) == [.block, .log])
        let other = try folder("[a.yaml, {file: base.yaml, action: log}]").load().rules
        #expect(other.map(\.action) == [.log, .log])
    }

    @Test func anInclusionCannotHaveRulesSteerAnswers() throws {
        func folder(_ pack: String) throws -> Folder {
            try Folder(["policy.yaml": policy(including: "[{file: a.yaml, rewrite: steer}]"), "a.yaml": pack])
        }
        let hint = "choose rules that are for 'input' alone with 'only', or use 'redact' or 'replace'"
        #expect(
            try folder(pack("a", action: "rewrite")).errors() == [
                "policy.yaml:3:35: rule 'a' cannot steer an answer that is already written (\(hint))"
            ]
        )
        let input = pack("a", action: "rewrite").replacing("category: hate", with: "category: hate, phases: [input]")
        #expect(try folder(input).load().rules.map(\.rewrite) == [.steer(message: nil)])
    }
}
