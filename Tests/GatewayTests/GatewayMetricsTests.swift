import Audit
import GuardCore
import Testing

@testable import Gateway

@Suite struct GatewayMetricsTests {
    @Test(arguments: GatewayMetrics.Reloaded.allCases)
    func `what was never read again counts 0, so that the first failure is an increase`(
        what: GatewayMetrics.Reloaded
    ) {
        let metrics = GatewayMetrics()
        func counts(_ result: String) -> [String] {
            let series = "guardian_reloads_total{what=\"\(what.rawValue)\",result=\"\(result)\"} "
            return metrics.registry.exposition().split(separator: "\n").filter { $0.hasPrefix(series) }
                .map { String($0.dropFirst(series.count)) }
        }
        #expect(counts("succeeded") == ["0"] && counts("failed") == ["0"])
        metrics.countReload(what, .failed)
        #expect(counts("succeeded") == ["0"] && counts("failed") == ["1"])
    }

    @Test(arguments: Phase.allCases)
    func `where nothing was read, what passed unread can be compared with 0 bytes`(phase: Phase) {
        let metrics = GatewayMetrics()
        func has(_ name: String, _ bytes: Int) -> Bool {
            metrics.registry.exposition().contains("\n\(name){phase=\"\(phase.rawValue)\"} \(bytes)\n")
        }
        #expect(has("guardian_scanned_bytes_total", 0) && has("guardian_unscanned_bytes_total", 0))
        metrics.countBytes(scanned: 0, unscanned: 7, phase: phase)
        #expect(has("guardian_scanned_bytes_total", 0) && has("guardian_unscanned_bytes_total", 7))
    }
}
