/// The bytes that a match can begin with: everywhere else a search need not look.
///
/// Taken from the instructions that are reached before anything is consumed, all assertions taken to hold.
struct FirstBytes {
    /// By byte; nil if a match can begin with nearly every one, or be empty.
    let table: [Bool]?

    /// Letters of text that would be skipped, at the least: with fewer a search gains nothing.
    private static let fewestSkipped = 8

    init(of program: RegexProgram) {
        var table = Array(repeating: false, count: 256)
        var seen = ThreadSet(capacity: program.instructions.count)
        var pending = [0]
        while let thread = pending.popLast() {
            guard seen.insert(thread) else { continue }
            switch program.instructions[thread] {
            case .match:
                self.table = nil
                return
            case .scalar(let set):
                for byte in 0..<256 where Self.mayBegin(byte, set: set, in: program.alphabet) { table[byte] = true }
            case .assertion: pending.append(thread + 1)
            case .split(let first, let second): pending += [first, second]
            case .jump(let target): pending.append(target)
            }
        }
        let skipped = (0x61...0x7A).count { !table[$0] }
        self.table = skipped >= Self.fewestSkipped ? table : nil
    }

    /// What is not ASCII begins with bytes that tell little; all of them are taken.
    private static func mayBegin(_ byte: Int, set: Int, in alphabet: RegexAlphabet) -> Bool {
        byte >= 0x80 || alphabet.isMember(class: alphabet.classOf(UInt32(byte)), ofSet: set)
    }
}
