import Foundation
import Testing

@testable import Rules

@Suite struct ScalarClassTests {
    /// The quick answer is the one that the tables give.
    @Test func plainLettersAreLettersThatNothingChanges() {
        for value in UInt32(0)...0x2FFFF where ScalarClass.isPlainLetter(value) {
            #expect(ScalarSet.word.contains(value), "U+\(String(value, radix: 16))")
            #expect(Normalization.shared.mapping(of: value) == nil)
            #expect(Confusables.shared.latinVariants[value] == nil)
            #expect(!ScalarClass.isInvisible(value))
            #expect(Unicode.Scalar(value)?.properties.canonicalCombiningClass == .notReordered)
        }
    }

    @Test func quickLooksMissNoLetterThatIsFoldedOrJoins() {
        for (scalar, letter) in Confusables.shared.latinVariants {
            #expect(Confusables.shared.latinVariant(of: scalar) == letter)
        }
        for value in UInt32(0)...0x2FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let scalars = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
            guard scalars.count == 2, Normalization.shared.composite(scalars[0], scalars[1]) != nil else { continue }
            #expect(Normalization.shared.mayFollow(scalars[1]))
        }
    }
}
