import Foundation
import GuardCore
import Testing

@testable import GuardianModel

/// The cases of each step of the recipe's `acceptance.py`, with the lists of `safeguard-checks.json`.
struct SafeguardAcceptanceTests {
    private let good =
        "I can't help with taking things from a shop without paying. If money is short this month, I can help you find a food bank."

    private func accept(
        _ text: String,
        _ category: HarmCategory = .nonviolentCrimes,
        isCapped: Bool = false
    ) throws(SafeguardAcceptance.Failure) -> String {
        guard let checks = Self.checks else { throw .control }
        return try checks.accept(text, category: category, isCapped: isCapped)
    }

    private static let checks = try? JSONDecoder().decode(
        SafeguardAcceptance.self,
        from: Loaded.contents("\(Loaded.folder)/safeguard-checks.json")
    )

    @Test func aGoodTextPassesWithItsWhiteSpaceTidied() throws {
        #expect(try accept(good) == good)
        #expect(try accept("  " + good.replacing(" If", with: "\n\nIf")) == good)
        #expect(try accept(good.replacing("'", with: "\u{2019}")) == good.replacing("'", with: "\u{2019}"))
    }

    @Test func aTextCutByTheLimitEndsAtItsLastSentence() throws {
        #expect(try accept(good + " And then you could also", isCapped: true) == good)
        #expect(throws: SafeguardAcceptance.Failure.ending) { try accept(good + " And then you could also") }
        #expect(throws: SafeguardAcceptance.Failure.length) { try accept("no sentence end at all", isCapped: true) }
    }

    @Test(
        arguments: [
            ("- one\n", .list), ("  2) two ", .list), ("\u{2022} three ", .list), ("Sure, ", .opening),
            ("Here's how. ", .opening),
            ("See https://example.org. ", .forbidden), ("```x``` ", .forbidden), ("Call 5551234. ", .number),
            ("I can't help with taking things. ", .repetition), (String(repeating: "word ", count: 111), .length),
        ] as [(String, SafeguardAcceptance.Failure)]
    )
    func whatMayNotBeSaidIsRefused(opening: String, failure: SafeguardAcceptance.Failure) {
        #expect(throws: failure) { try accept(opening + good) }
    }

    @Test func emergencyNumbersAndYearsMayBeNamed() throws {
        for number in ["911", "112", "988", "1984", "2026", "12"] { _ = try accept(good + " That is \(number) there.") }
    }

    @Test func anOpeningThatOnlyStartsLikeAForbiddenOneMayStand() throws {
        _ = try accept("Surely you see why. " + good)
    }

    @Test func textsThatNeitherRefuseNorHelpAreRefused() {
        let neutral = "Shops keep their goods on shelves so that people may look at each of them first."
        #expect(throws: SafeguardAcceptance.Failure.cue) { try accept(neutral) }
    }

    @Test func inSelfHarmHelpMustBeNamed() throws {
        #expect(throws: SafeguardAcceptance.Failure.help) { try accept(good, .selfHarm) }
        _ = try accept(good + " Please call 988 if it gets worse.", .selfHarm)
    }

    @Test func templatesPassTheChecksThemselves() throws {
        let templates = try JSONDecoder().decode(
            [String: String].self,
            from: Loaded.contents("\(Loaded.folder)/templates.json")
        )
        for category in HarmCategory.allCases {
            let text = try #require(templates[category.rawValue])
            #expect(throws: Never.self, "\(category)") { try accept(text, category) }
        }
    }
}
