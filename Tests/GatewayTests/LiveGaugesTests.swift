import Audit
import Testing
import Upstream

@testable import Gateway

@Suite struct LiveGaugesTests {
    @Test func `what became of audit records is told, and how often the file was not opened again`() {
        let registry = Metrics()
        let gauges = AuditGauges(registry)
        gauges.update(AuditStatistics(written: 3, failed: 1))
        #expect(registry.exposition().contains("\nguardian_audit_reopen_failures_total 0\n"))
        gauges.update(AuditStatistics(written: 4, failed: 1, reopenFailures: 2))
        let text = registry.exposition()
        #expect(text.contains("\nguardian_audit_records_total{state=\"written\"} 4\n"))
        #expect(text.contains("\nguardian_audit_reopen_failures_total 2\n"))
    }

    @Test func `servers behind sockets are told apart`() {
        let registry = Metrics()
        let paths = ["/run/a.sock", "/run/b.sock"]
        let servers = paths.map { UpstreamServers.Server(peer: .unix(path: $0)) }
        UpstreamGauges(registry).update(UpstreamServers(servers))
        let text = registry.exposition()
        for path in paths {
            #expect(text.contains("\nguardian_upstream_waiting{server=\"unix:\(path)\"} 0\n"))
        }
    }
}
