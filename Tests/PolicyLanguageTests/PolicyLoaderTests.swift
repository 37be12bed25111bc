import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct PolicyLoaderTests {
    @Test func aFileIsReadAndDigestedAsItIsStored() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let bytes = Data([0xEF, 0xBB, 0xBF] + Array(policyText().utf8))
        try bytes.write(to: file)
        let policy = try loader.load(path: file.path)
        #expect(policy.name == "test")
        #expect(policy.digest == "\(bytes.count) bytes")
    }

    @Test(arguments: [("/nonexistent/policy.yaml", "No such file or directory"), ("/", "Is a directory")])
    func aFileThatCannotBeReadIsAnErrorOfItsOwnKind(path: String, reason: String) {
        do throws(PolicyError) {
            _ = try loader.load(path: path)
            Issue.record("was loaded")
        } catch {
            #expect(error.kind == .unreadable)
            #expect(error.description == "\(path): error: the file cannot be read: \(reason)")
        }
    }

    @Test func aFileThatNeverEndsIsReadToTheLimitOnly() {
        do throws(PolicyError) {
            _ = try loader.load(path: "/dev/zero")
            Issue.record("was loaded")
        } catch {
            #expect(error.kind == .invalid)
            #expect(error.diagnostics.map(\.message) == ["the file has more than 1048576 bytes"])
        }
    }

    @Test func theRegularExpressionCheckIsAskedAboutEveryPattern() throws {
        let text = policyText(
            rules: "[{id: a, category: hate, match: {regex: [one, {pattern: two, ignore_case: true}]}, action: log}]"
        )
        let refusing = PolicyLoader { pattern, ignoreCase in "\(pattern) \(ignoreCase)" }
        do throws(PolicyError) {
            _ = try refusing.load(text: text, file: "test.yaml")
            Issue.record("was loaded")
        } catch {
            #expect(
                error.diagnostics.map(\.message) == [
                    "wrong regular expression: one false", "wrong regular expression: two true",
                ]
            )
            #expect(error.diagnostics.map(\.mark) == [.init(line: 5, column: 49), .init(line: 5, column: 64)])
        }
    }
}
