/// One metadata value of a GGUF file.
package enum GGUFValue: Sendable {
    case unsigned(UInt64)
    case signed(Int64)
    case float(Double)
    case bool(Bool)
    case string(String)
    /// Elements are read when asked for: a vocabulary is large.
    case array(GGUFArray)
}

/// Where the elements of a metadata array lie in the file.
package struct GGUFArray: Sendable {
    let elementType: GGUFValueType
    package let count: Int
    /// The elements' bytes, checked when the file was opened.
    let range: Range<Int>
}

/// The value types of GGUF, by their numbers in the file.
enum GGUFValueType: UInt32, Sendable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of a number; nil for strings and arrays, whose length is in the file.
    var fixedSize: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}
