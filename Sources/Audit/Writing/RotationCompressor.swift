import Synchronization

/// Compresses the files that a log's lines were put away in, one after the other, on a thread that is there while there is
/// something to do.
///
/// The thread that writes records starts it and goes on. It is cut off within a block of a file when the log closes: what is
/// not done is done at the next start.
final class RotationCompressor: Sendable {
    private struct State {
        var thread: SystemThread?
        var isRunning = false
        /// Whether there may be more than what the thread found when it looked.
        var looksAgain = false
        /// The files that could not be compressed, and that nobody told of.
        var failed: [String] = []
    }

    private let files: RotatedFiles
    private let state = Mutex(State())
    private let isClosing = Atomic(false)

    init(files: RotatedFiles) { self.files = files }

    deinit { close() }

    /// Has every file compressed that is not; returns at once.
    func start() {
        state.withLock { state in
            guard !isClosing.load(ordering: .acquiring) else { return }
            if state.isRunning {
                state.looksAgain = true
                return
            }
            // It is done, or all but.
            state.thread?.join()
            state.thread = SystemThread { [self] in run() }
            state.isRunning = state.thread != nil
        }
    }

    /// The names of files that could not be compressed, since this was asked last. They are tried again with the next.
    func takeFailures() -> [String] {
        state.withLock { state in
            defer { state.failed = [] }
            return state.failed
        }
    }

    /// Ends the work, and waits for its end; there is no other after it.
    func close() {
        isClosing.store(true, ordering: .releasing)
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }

    private func run() {
        SystemThread.yieldToOthers()
        repeat {
            for path in files.uncompressed where !isClosing.load(ordering: .acquiring) {
                do throws(AuditFileError) {
                    try CompressedFile(of: path).make { self.isClosing.load(ordering: .acquiring) }
                } catch {
                    let name = RotatedFiles.lastPart(of: path)
                    state.withLock { if !$0.failed.contains(name) { $0.failed.append(name) } }
                }
            }
        } while goesOn()
    }

    private func goesOn() -> Bool {
        state.withLock { state in
            let goesOn = state.looksAgain && !isClosing.load(ordering: .acquiring)
            state.looksAgain = false
            state.isRunning = goesOn
            return goesOn
        }
    }
}
