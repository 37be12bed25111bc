import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct ThresholdTextTests {
    private static let text = """
        # Ours.
        version: 1
        name: "é\u{1F469}" # scalars of more than one byte
        input:   # what they send
          overall: {threshold: 0.9}
          categories:
            hate: {threshold:   0.50, action: block}   # was 0.6
            weapons:
              action: log
              threshold: .5
            self_harm: {action: block}
          defaults: {threshold: 0.7}
          others: ignore
        output: ignore

        """

    private func setting(_ thresholds: [ThresholdKey: Double], in text: String = text) throws -> String {
        let (bytes, _) = try ThresholdText(bytes: Array(text.utf8), file: "test.yaml").setting(thresholds)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func onlyTheNumbersChange() throws {
        let changed = try setting([
            ThresholdKey(.input, nil): 0.8125, ThresholdKey(.input, .hate): 0.1, ThresholdKey(.input, .weapons): 0.3,
        ])
        let expected = Self.text
            .replacing("overall: {threshold: 0.9}", with: "overall: {threshold: 0.8125}")
            .replacing("threshold:   0.50,", with: "threshold:   0.1,")
            .replacing("threshold: .5", with: "threshold: 0.3")
        #expect(changed == expected)
        let policy = try loader.load(text: changed, file: "test.yaml")
        #expect(policy[threshold: ThresholdKey(.input, .hate)] == 0.1)
        #expect(policy[threshold: ThresholdKey(.input, nil)] == 0.8125)
        #expect(policy[threshold: ThresholdKey(.input, .selfHarm)] == 0.7)
    }

    @Test func aThresholdThatIsInheritedIsLeft() throws {
        let text = try ThresholdText(bytes: Array(Self.text.utf8), file: "test.yaml")
        let (bytes, left) = text.setting([ThresholdKey(.input, .selfHarm): 0.1, ThresholdKey(.output, .hate): 0.1])
        #expect(left == [ThresholdKey(.input, .selfHarm): .inherited, ThresholdKey(.output, .hate): .inherited])
        #expect(bytes == Array(Self.text.utf8))
    }

    @Test func lineEndsAndTheByteOrderMarkStay() throws {
        let text = "\u{FEFF}" + Self.text.replacing("\n", with: "\r\n")
        let changed = try setting([ThresholdKey(.input, .hate): 0.25], in: text)
        #expect(changed == text.replacing("0.50", with: "0.25"))
    }

    @Test func everyShippedPolicyCanBeTunedWhereItHasThresholds() throws {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Policies")
        let bytes = Array(try Data(contentsOf: folder.appending(path: "default.yaml")))
        let keys = HarmCategory.allCases.map { ThresholdKey(.input, $0) } + [ThresholdKey(.input, nil)]
        let text = try ThresholdText(bytes: bytes, file: "default.yaml")
        let (changed, left) = text.setting(Dictionary(uniqueKeysWithValues: keys.map { ($0, 0.1234) }))
        #expect(left.isEmpty)
        let policy = try PolicyLoader { _, _ in nil }.load(bytes: changed, file: "default.yaml")
        #expect(keys.allSatisfy { policy[threshold: $0] == 0.1234 })
    }
}
