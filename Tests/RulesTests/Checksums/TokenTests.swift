import Testing

@testable import Rules

@Suite struct TokenTests {
    private func isToken(_ text: String) -> Bool { TokenCRC.isValid(Array(text.utf8)) }
    private func isRandom(_ text: String) -> Bool { Entropy.isRandom(Array(text.utf8)) }

    /// The second is the CRC-32 that everybody checks theirs against, CBF43926 for "123456789", to the base 62.
    @Test func theChecksumIsThatOfThePublishedExample() {
        #expect(isToken("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"))
        #expect(isToken("x_1234567893jZRME"))
        #expect(!isToken("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"))
        #expect(!isToken("ghp_yQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"))
    }

    @Test(arguments: [
        "", "_", "ghp_", "ghp_000000", "ghp_0mLq17", "noprefix", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq1-",
    ])
    func whatIsNoTokenFails(text: String) { #expect(!isToken(text)) }

    @Test func placeholdersAreNotRandom() {
        for text in ["", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "your_key_here", "0000000000000000", "abababababababab"] {
            #expect(!isRandom(text), "\(text)")
        }
        for text in ["0123456789abcdef", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "9f86d081884c7d659a2feaa0c55ad015"] {
            #expect(isRandom(text), "\(text)")
        }
    }

    @Test func whatStandsBehindATokenDoesNotHideIt() {
        let token = "hvs.zQWBuTSOoRi4A9spHcVY5ncn"
        for follower in ["-", "x", "_"] { #expect(isRandom(token + String(repeating: follower, count: 176))) }
        #expect(isRandom(token + String(repeating: "_-", count: 88)))
    }

    @Test(arguments: ["sk-ant-api03-", "glpat-1234567890", "xoxb-123456789012-1234567890123-"])
    func longPlaceholdersAreNotRandom(beginning: String) {
        #expect(!isRandom(beginning + String(repeating: "x", count: 24)))
        #expect(!isRandom(beginning + String(repeating: "x", count: 100)))
    }

    @Test func eightDifferentCharactersHaveThreeBits() {
        #expect(isRandom("abcdefgh"))
        #expect(!isRandom("abcdefgg"))
    }
}
