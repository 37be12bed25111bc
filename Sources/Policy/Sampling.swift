/// Which requests something is recorded for that is recorded for a share of them only.
///
/// It follows from the request's id alone: everything that is recorded for a tenth of the requests is recorded for the same
/// ones, whichever process judges them.
package struct Sampling: Sendable, Equatable {
    /// 0..<1.
    let position: Double

    package init(requestID: String) {
        // FNV-1a, then the finalizer of MurmurHash3, because the first bits of the former depend little on the last letters.
        var hash = requestID.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        position = Double(hash >> 11) / 0x1p53
    }

    package func includes(_ share: Double) -> Bool { position < share }
}
