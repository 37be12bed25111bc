/// Finds the name of an answer while it comes. Neither the answer nor its first event, which may say again what the request said, has to
/// be whole for that.
package struct AnswerNameReader: Sendable {
    /// Bytes at the beginning of an answer in which its name stands: behind them nobody looks for it.
    static let limit = 16 << 10

    private static let quote = UInt8(ascii: "\"")

    /// nil as long as it has not come.
    package private(set) var name: String?
    /// The member that holds it, behind those around it.
    private let wanted: [[UInt8]]
    private var left = Self.limit
    /// The member that is read in each object and list that is open; empty in lists.
    private var path: [[UInt8]] = []
    /// The string that is read, or was read last, as it is written.
    private var string: [UInt8] = []
    private var isInString = false
    private var isEscaped = false
    /// Whether what is read is the value of a member, and no name of one.
    private var isValue = false

    /// - Parameter isStream: whether the answer comes as events, of which one holds the answer under `response`.
    package init(isStream: Bool) {
        wanted = (isStream ? ["response", "id"] : ["id"]).map { Array($0.utf8) }
    }

    /// Reads on, and no further than the name.
    package mutating func read(_ chunk: some Sequence<UInt8>) {
        for byte in chunk {
            guard name == nil, left > 0 else { return }
            left -= 1
            if isInString { readInString(byte) } else { readOutside(byte) }
        }
    }

    private mutating func readInString(_ byte: UInt8) {
        switch byte {
        case Self.quote where !isEscaped:
            isInString = false
            guard isValue, path == wanted else { return }
            name = (try? JSONParser.parse([Self.quote] + string + [Self.quote]))?.string
        default:
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            string.append(byte)
        }
    }

    /// What stands around the objects of a stream's events is passed over.
    private mutating func readOutside(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): path.append([])
        case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = path.popLast()
        case UInt8(ascii: ","): break
        case UInt8(ascii: ":"):
            guard let last = path.indices.last, !isValue, !string.isEmpty else { return }
            path[last] = string
            isValue = true
            return
        case Self.quote:
            guard !path.isEmpty else { return }
            isInString = true
            string.removeAll(keepingCapacity: true)
            return
        default: return
        }
        isValue = false
        string.removeAll(keepingCapacity: true)
    }
}
