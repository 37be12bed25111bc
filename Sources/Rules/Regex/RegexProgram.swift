/// A regular expression as instructions of a nondeterministic automaton (Thompson's construction).
struct RegexProgram: Sendable {
    enum Instruction: Sendable, Equatable {
        /// Consumes one scalar of the set with this index, then goes on with the next instruction.
        case scalar(set: Int)
        /// Goes on both ways, `first` preferred.
        case split(first: Int, second: Int)
        case jump(Int)
        /// Goes on with the next instruction if the condition holds here.
        case assertion(RegexAssertion)
        case match
    }

    private(set) var instructions: [Instruction] = []
    let alphabet: RegexAlphabet
    /// Whether positions must know what stands beside them.
    let hasAssertions: Bool

    /// - Throws: `RegexError` if the program would be larger than `RegexLimits.programSize`.
    init(_ node: RegexNode) throws(RegexError) {
        let size = node.programSize
        guard size < RegexLimits.programSize else {
            throw RegexError(
                position: nil,
                message: "the pattern compiles to more than \(RegexLimits.programSize) instructions; lower its counts"
            )
        }
        var compiler = Compiler()
        compiler.emit(node)
        compiler.instructions.append(.match)
        instructions = compiler.instructions
        hasAssertions = compiler.hasAssertions
        alphabet = RegexAlphabet(sets: compiler.sets, hasContext: compiler.hasAssertions)
    }

    private struct Compiler {
        var instructions: [Instruction] = []
        var sets: [ScalarSet] = []
        var hasAssertions = false
        private var indices: [ScalarSet: Int] = [:]

        mutating func emit(_ node: RegexNode) {
            switch node {
            case .empty: break
            case .scalar(let set): instructions.append(.scalar(set: index(of: set)))
            case .assertion(let assertion):
                hasAssertions = true
                instructions.append(.assertion(assertion))
            case .concatenation(let parts):
                for part in parts { emit(part) }
            case .alternation(let branches): emit(branches)
            case .repetition(let body, let minimum, let maximum, let isGreedy):
                for _ in 0..<minimum { emit(body) }
                if let maximum {
                    emitOptional(body, count: maximum - minimum, isGreedy: isGreedy)
                } else {
                    emitLoop(body, isGreedy: isGreedy)
                }
            }
        }

        private mutating func index(of set: ScalarSet) -> Int {
            if let index = indices[set] { return index }
            sets.append(set)
            indices[set] = sets.count - 1
            return sets.count - 1
        }

        private mutating func emit(_ branches: [RegexNode]) {
            var jumps: [Int] = []
            for branch in branches.dropLast() {
                let split = reserve()
                emit(branch)
                jumps.append(reserve())
                instructions[split] = .split(first: split + 1, second: instructions.count)
            }
            if let last = branches.last { emit(last) }
            for jump in jumps { instructions[jump] = .jump(instructions.count) }
        }

        /// `(body(body(...)?)?)?` flattened: each copy may leave to the end.
        private mutating func emitOptional(_ body: RegexNode, count: Int, isGreedy: Bool) {
            var splits: [Int] = []
            for _ in 0..<count {
                splits.append(reserve())
                emit(body)
            }
            for split in splits { instructions[split] = branch(into: split + 1, past: instructions.count, isGreedy) }
        }

        private mutating func emitLoop(_ body: RegexNode, isGreedy: Bool) {
            let split = reserve()
            emit(body)
            instructions.append(.jump(split))
            instructions[split] = branch(into: split + 1, past: instructions.count, isGreedy)
        }

        private func branch(into body: Int, past end: Int, _ isGreedy: Bool) -> Instruction {
            isGreedy ? .split(first: body, second: end) : .split(first: end, second: body)
        }

        /// A place for an instruction whose targets are not known yet.
        private mutating func reserve() -> Int {
            instructions.append(.jump(0))
            return instructions.count - 1
        }
    }
}
