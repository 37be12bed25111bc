/// Finds out whether and where a first match ends, one table look-up a scalar.
///
/// The deterministic automaton is built state by state as texts need them, and thrown away when it grows too large; a
/// step then costs one pass over the program, so a search is linear in the text whatever happens. States are sets of
/// instructions without priorities: that a match exists does not depend on which one is preferred.
///
/// Not thread-safe: each search borrows one (see `LinearRegex`).
final class LazyDFA {
    /// Table entries a cache may hold, four bytes each.
    static let tableLimit = 1 << 18
    /// Threads that the states of a cache may hold in all, eight bytes each: where a pattern repeats something hundreds of times,
    /// a single state may hold thousands.
    static let threadLimit = 1 << 20

    /// What a scan found.
    struct Candidate: Equatable {
        /// No match that ends at or after `end` begins before this.
        var windowStart: Int
        /// Where the match that ends first ends.
        var end: Int
    }

    private struct State: Hashable {
        var context: RegexContext
        /// Ascending; splits and jumps followed, assertions not yet decided.
        var threads: [Int]
    }

    private static let unknown: Int32 = -1
    private static let matchBit: Int32 = 1 << 30
    private static let freshBit: Int32 = 1 << 29
    private static let stateMask: Int32 = (1 << 29) - 1

    private let program: RegexProgram
    private let stride: Int
    private let stateLimit: Int
    private let startThreads: [Int]
    /// By byte: whether a match can begin with it; nil if that is no help.
    private let firstBytes: [Bool]?
    private let required: RequiredByte?
    /// By context: the state in which nothing has begun, `unknown` if it has no number yet.
    private var startStates = Array(repeating: LazyDFA.unknown, count: RegexContext.count)
    private var states: [State] = []
    private var numbers: [State: Int32] = [:]
    private var table: [Int32] = []
    /// Threads of all states.
    private(set) var threadCount = 0
    private var closure: ThreadSet

    /// Work done so far: scalars looked up plus instructions visited. Tests count it instead of reading a clock.
    private(set) var steps = 0

    init(_ program: RegexProgram, required: RequiredByte? = nil) {
        self.program = program
        self.required = required
        stride = program.alphabet.count + 1
        stateLimit = max(8, Self.tableLimit / stride)
        closure = ThreadSet(capacity: program.instructions.count)
        var set = ThreadSet(capacity: program.instructions.count)
        var work = 0
        Self.follow(0, program, into: &set, work: &work)
        startThreads = set.members.sorted()
        firstBytes = FirstBytes(of: program).table
    }

    /// The match that ends first among those that begin at or after `start`; nil if there is none.
    ///
    /// - Parameter blocks: those of the text; nil to look everywhere.
    func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, blocks: ByteBlocks? = nil) -> Candidate? {
        let alphabet = program.alphabet
        var window = blocks == nil || required == nil ? Int.max : start
        var position = nextStart(in: bytes, from: start, blocks, &window)
        var windowStart = position
        var state = startState(at: position, of: bytes)
        while true {
            let (index, length) = alphabet.classify(bytes, at: position)
            var transition = table[Int(state) * stride + index]
            if transition == Self.unknown { transition = build(from: &state, on: index) }
            steps += 1
            if transition & Self.matchBit != 0 { return Candidate(windowStart: windowStart, end: position) }
            if length == 0 { return nil }
            position += length
            state = transition & Self.stateMask
            guard transition & Self.freshBit != 0 else { continue }
            windowStart = nextStart(in: bytes, from: position, blocks, &window)
            guard windowStart > position else { continue }
            position = windowStart
            state = startState(at: position, of: bytes)
        }
    }

    /// Where nothing has begun: the next place where a match can begin, or the end.
    ///
    /// - Parameter window: up to where matches can begin as far as the required byte tells.
    @inline(__always)
    private func nextStart(
        in bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        _ blocks: ByteBlocks?,
        _ window: inout Int
    ) -> Int {
        var position = start
        while true {
            if position >= window, let blocks {
                position = nextWindow(in: bytes, from: position, blocks, &window)
            }
            guard let firstBytes else { return position }
            let limit = min(window, bytes.count)
            let from = position
            firstBytes.withUnsafeBufferPointer { first in
                while position < limit, !first[Int(bytes[position])] { position += 1 }
            }
            steps += position - from
            if position < limit || limit == bytes.count { return position }
        }
    }

    /// The next place that is near enough to a required byte, at the beginning of a scalar; the end if there is none.
    private func nextWindow(
        in bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        _ blocks: ByteBlocks,
        _ window: inout Int
    ) -> Int {
        guard let required else { return start }
        var block = start / ByteBlocks.size
        while block < blocks.kinds.count, blocks.kinds[block] & required.kinds == 0 { block += 1 }
        steps += 1 + block - start / ByteBlocks.size
        guard block < blocks.kinds.count else {
            window = .max
            return bytes.count
        }
        window = (block + 1) * ByteBlocks.size
        guard let reach = required.reach else { return start }
        var position = max(start, block * ByteBlocks.size - reach)
        while position > start, UTF8.isContinuation(bytes[position]) { position -= 1 }
        return position
    }

    private func startState(at position: Int, of bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        let context =
            program.hasAssertions
            ? RegexContext(at: position, of: bytes, alphabet: program.alphabet) : RegexContext(isTextStart: false)
        if startStates[context.number] != Self.unknown { return startStates[context.number] }
        let start = State(context: context, threads: startThreads)
        // Nothing is kept of the state that the scan was in.
        if isFull, numbers[start] == nil { reset() }
        let state = number(of: start)
        startStates[context.number] = state
        return state
    }

    /// Computes one entry of the table. `state` is renumbered if the cache had to be emptied.
    private func build(from state: inout Int32, on index: Int) -> Int32 {
        let alphabet = program.alphabet
        let source = states[Int(state)]

        // First decide the assertions, now that both sides of the position are known.
        closure.removeAll()
        for thread in source.threads { closure.insert(thread) }
        var isMatch = false
        var next = ThreadSet(capacity: program.instructions.count)
        var visited = 0
        while visited < closure.count {
            let thread = closure.members[visited]
            visited += 1
            switch program.instructions[thread] {
            case .match: isMatch = true
            case .assertion(let assertion):
                if source.context.satisfies(assertion, before: index, in: alphabet) {
                    Self.follow(thread + 1, program, into: &closure, work: &steps)
                }
            case .scalar(let set):
                if index < alphabet.count, alphabet.isMember(class: index, ofSet: set) {
                    Self.follow(thread + 1, program, into: &next, work: &steps)
                }
            case .split, .jump: break
            }
        }
        steps += visited

        // Then a match may begin at the next position, too.
        let isFresh = next.count == 0
        for thread in startThreads { next.insert(thread) }
        steps += startThreads.count
        let context =
            program.hasAssertions && index < alphabet.count
            ? RegexContext(after: index, in: alphabet) : RegexContext(isTextStart: false)
        let target = State(context: context, threads: next.members.sorted())
        if isFull, numbers[target] == nil {
            reset()
            state = number(of: source)
        }
        var transition = number(of: target)
        if isMatch { transition |= Self.matchBit }
        if isFresh { transition |= Self.freshBit }
        table[Int(state) * stride + index] = transition
        return transition
    }

    /// Whether no state may be added before the cache was emptied. The last ones may go beyond the limits.
    private var isFull: Bool { states.count >= stateLimit || threadCount >= Self.threadLimit }

    /// Adds the state if it is not known. It never empties the cache: numbers that a caller holds stay valid.
    private func number(of state: State) -> Int32 {
        if let number = numbers[state] { return number }
        let number = Int32(states.count)
        states.append(state)
        threadCount += state.threads.count
        numbers[state] = number
        table.append(contentsOf: repeatElement(Self.unknown, count: stride))
        return number
    }

    private func reset() {
        states.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        table.removeAll(keepingCapacity: true)
        threadCount = 0
        for context in startStates.indices { startStates[context] = Self.unknown }
    }

    /// Adds an instruction and what it reaches without consuming or deciding anything.
    private static func follow(_ thread: Int, _ program: RegexProgram, into set: inout ThreadSet, work: inout Int) {
        var pending = [thread]
        while let thread = pending.popLast() {
            work += 1
            guard set.insert(thread) else { continue }
            switch program.instructions[thread] {
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .jump(let target): pending.append(target)
            case .scalar, .assertion, .match: break
            }
        }
    }
}
