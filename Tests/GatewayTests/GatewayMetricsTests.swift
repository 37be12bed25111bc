import Audit
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
}
