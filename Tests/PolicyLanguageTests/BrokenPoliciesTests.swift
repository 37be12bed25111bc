import Foundation
import PolicyLanguage
import Rules
import Testing

/// Files that are wrong in one way each, and what is said about them to the letter: `Fixtures/Broken/NAME.yaml` and `NAME.txt`.
@Suite struct BrokenPoliciesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Broken")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test func thereAreManyWaysToBeWrong() throws {
        #expect(Self.names.count >= 60)
        let texts = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".txt")
        }
        #expect(texts.map { String($0.dropLast(4)) }.sorted() == Self.names)
    }

    @Test(arguments: names)
    func everyErrorIsToldWithItsPlaceItsLineAndWhatToDo(name: String) throws {
        let loader = PolicyLoader(environment: { _ in nil }) { RegexSyntax.check(pattern: $0, ignoreCase: $1) }
        let path = Self.folder.appending(path: name).path
        let expected = try String(contentsOfFile: path + ".txt", encoding: .utf8)
        do throws(PolicyError) {
            _ = try loader.load(path: path + ".yaml")
            Issue.record("\(name).yaml is valid")
        } catch {
            // The files were written down as seen from their own folder.
            let found = error.description.replacing(Self.folder.path + "/", with: "")
            #expect(found + "\n" == expected)
        }
    }
}
