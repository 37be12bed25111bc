extension String {
    /// Whether this is the name of a header field, which knows no case (RFC 9110, 5.1).
    ///
    /// Heads are looked at several times in each exchange; a copy in lower case for each name each time would cost more than
    /// the rest of what is done with it.
    ///
    /// - Parameter lowercased: ASCII, at least two characters.
    package func isField(_ lowercased: StaticString) -> Bool {
        let count = lowercased.utf8CodeUnitCount
        guard self.utf8.count == count else { return false }
        let expected = lowercased.utf8Start
        let isSame = self.utf8.withContiguousStorageIfAvailable { bytes in
            for index in 0..<count where bytes[index] != expected[index] {
                let byte = bytes[index]
                guard byte >= 0x41, byte <= 0x5a, byte | 0x20 == expected[index] else { return false }
            }
            return true
        }
        return isSame ?? (self.lowercased() == "\(lowercased)")
    }
}
