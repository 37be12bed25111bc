/// Finds the span of a match by following all its possible readings at once, in order of preference (Pike's machine).
///
/// A position costs at most one visit of each instruction, so a search is linear in the text.
struct PikeMachine {
    private struct Threads {
        var set: ThreadSet
        /// By place in `set`: where the match of this thread begins.
        var starts: [Int] = []
        /// Instructions still to be followed.
        var pending: [Int] = []

        mutating func removeAll() {
            set.removeAll()
            starts.removeAll(keepingCapacity: true)
        }
    }

    private let program: RegexProgram
    private var current: Threads
    private var following: Threads

    /// Instructions visited so far.
    private(set) var steps = 0

    init(_ program: RegexProgram) {
        self.program = program
        current = Threads(set: ThreadSet(capacity: program.instructions.count))
        following = current
    }

    /// The leftmost match that begins at or after `start`, the most preferred of those that begin there.
    mutating func match(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
        let alphabet = program.alphabet
        var position = start
        var context = RegexContext(at: start, of: bytes, alphabet: alphabet)
        var (index, length) = alphabet.classify(bytes, at: position)
        var found: Range<Int>?
        current.removeAll()
        while true {
            if found == nil {
                steps += Self.add(
                    0,
                    start: position,
                    to: &current,
                    context: context,
                    before: index,
                    program: program
                )
            }
            if current.set.count == 0 { return found }

            let nextPosition = position + length
            let nextContext = index < alphabet.count ? RegexContext(after: index, in: alphabet) : context
            let (nextIndex, nextLength) = alphabet.classify(bytes, at: nextPosition)
            following.removeAll()
            threads: for place in 0..<current.set.count {
                let thread = current.set.members[place]
                steps += 1
                switch program.instructions[thread] {
                case .match:
                    found = current.starts[place]..<position
                    // What is left is less preferred.
                    break threads
                case .scalar(let set):
                    if index < alphabet.count, alphabet.isMember(class: index, ofSet: set) {
                        steps += Self.add(
                            thread + 1,
                            start: current.starts[place],
                            to: &following,
                            context: nextContext,
                            before: nextIndex,
                            program: program
                        )
                    }
                case .split, .jump, .assertion: break
                }
            }
            if length == 0 { return found }
            swap(&current, &following)
            (position, context, index, length) = (nextPosition, nextContext, nextIndex, nextLength)
        }
    }

    /// Adds an instruction and what it reaches without consuming, preferred ways first. Returns the instructions visited.
    private static func add(
        _ thread: Int,
        start: Int,
        to threads: inout Threads,
        context: RegexContext,
        before next: Int,
        program: RegexProgram
    ) -> Int {
        var steps = 0
        threads.pending.append(thread)
        while let thread = threads.pending.popLast() {
            steps += 1
            guard threads.set.insert(thread) else { continue }
            threads.starts.append(start)
            switch program.instructions[thread] {
            case .split(let first, let second):
                threads.pending.append(second)
                threads.pending.append(first)
            case .jump(let target): threads.pending.append(target)
            case .assertion(let assertion):
                if context.satisfies(assertion, before: next, in: program.alphabet) {
                    threads.pending.append(thread + 1)
                }
            case .scalar, .match: break
            }
        }
        return steps
    }
}
