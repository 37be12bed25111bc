import CKernels

/// How a tensor's numbers are stored. The raw values are GGUF's.
package enum TensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    /// Blocks of 32: a half-precision scale d and 32 4-bit numbers; w = d * (q - 8).
    case q40 = 2
    /// Blocks of 32: half-precision scale d and minimum m, and 32 4-bit numbers; w = d * q + m.
    case q41 = 3
    /// Blocks of 32: a half-precision scale d and 32 signed bytes; w = d * q.
    case q80 = 8

    /// Numbers per block; rows hold whole blocks.
    package var blockLength: Int {
        switch self {
        case .f32, .f16: 1
        case .q40, .q41, .q80: 32
        }
    }

    /// Bytes per block.
    package var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16: 2
        case .q40: 18
        case .q41: 20
        case .q80: 34
        }
    }

    var kernelType: ck_type {
        switch self {
        case .f32: CK_F32
        case .f16: CK_F16
        case .q40: CK_Q4_0
        case .q41: CK_Q4_1
        case .q80: CK_Q8_0
        }
    }
}
