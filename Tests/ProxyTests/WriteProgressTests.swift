import Testing

@testable import Proxy

@Suite struct WriteProgressTests {
    @Test func `a client that takes little at a time goes on`() {
        var progress = WriteProgress()
        progress.wrote(1000)
        _ = progress.hasAdvanced(waiting: 1000)
        let advances = stride(from: 999, through: 0, by: -1).map { progress.hasAdvanced(waiting: $0) }
        #expect(advances.allSatisfy { $0 })
    }

    @Test func `a client that takes nothing does not, whatever is written for it`() {
        var progress = WriteProgress()
        progress.wrote(1000)
        _ = progress.hasAdvanced(waiting: 600)
        var hasAdvanced = progress.hasAdvanced(waiting: 600)
        #expect(!hasAdvanced)
        progress.wrote(500)
        hasAdvanced = progress.hasAdvanced(waiting: 1100)
        #expect(!hasAdvanced)
    }

    @Test func `what was written meanwhile does not hide what was taken`() {
        var progress = WriteProgress()
        progress.wrote(1000)
        _ = progress.hasAdvanced(waiting: 1000)
        progress.wrote(500)
        let hasAdvanced = progress.hasAdvanced(waiting: 1400)
        #expect(hasAdvanced)
    }

    @Test func `bytes that are added on the way, as TLS adds them, are no progress`() {
        var progress = WriteProgress()
        progress.wrote(1000)
        _ = progress.hasAdvanced(waiting: 1022)
        var hasAdvanced = progress.hasAdvanced(waiting: 1022)
        #expect(!hasAdvanced)
        hasAdvanced = progress.hasAdvanced(waiting: 1000)
        #expect(hasAdvanced)
    }
}
