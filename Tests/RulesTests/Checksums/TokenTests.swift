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

    @Test func eightDifferentCharactersHaveThreeBits() {
        #expect(isRandom("abcdefgh"))
        #expect(!isRandom("abcdefgg"))
    }
}
