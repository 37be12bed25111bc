import NIOCore
import NIOHTTP1
import Synchronization

/// Connections that were used once and are kept open.
struct IdleLoad {
    let caller: TLSCaller
    let connections: Int

    /// What a process needs for them.
    struct Result {
        /// Bytes resident before, and with all connections open.
        var before: ProcessUse
        var with: ProcessUse
    }

    /// - Throws: if one of them cannot be had or kept.
    func run(port: Int, path: String, process: Int32) async throws -> Result? {
        guard let before = ProcessUse(of: process) else { return nil }
        let closed = Atomic<Int>(0)
        var open: [any Channel] = []
        while open.count < connections {
            let wanted = min(64, connections - open.count)
            try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<wanted { group.addTask { try await use(port: port, path: path) } }
                for try await channel in group {
                    channel.closeFuture.whenComplete { _ in closed.add(1, ordering: .relaxed) }
                    open.append(channel)
                }
            }
        }
        let with = ProcessUse(of: process)
        let lost = closed.load(ordering: .relaxed)
        for channel in open { channel.close(promise: nil) }
        for channel in open { try? await channel.closeFuture.get() }
        guard lost == 0 else {
            throw LoadGenerator.Failure(description: "\(lost) of \(connections) idle connections were closed")
        }
        return with.map { Result(before: before, with: $0) }
    }

    private func use(port: Int, path: String) async throws -> any Channel {
        let (answers, continuation) = AsyncStream.makeStream(of: Bool.self)
        let isFine = Mutex(false)
        let channel = try await caller.connect(port: port) { part in
            switch part {
            case .head(let head): isFine.withLock { $0 = head.status == .ok }
            case .body: break
            case .end: continuation.yield(isFine.withLock { $0 })
            }
            return true
        } closed: {
            continuation.finish()
        }
        try await TLSCaller.post(path, body: "{}", to: channel)
        for await isFine in answers where isFine { return channel }
        throw LoadGenerator.Failure(description: "a connection that was to be kept was not answered")
    }
}
