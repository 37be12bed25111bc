/// Prints what was measured, and what follows from it round by round.
struct ProxyReport {
    let json: Bool
    /// With whom the gateway is compared.
    let peers: [String]

    func print(_ series: Series) throws {
        for figure in series.all() { try line(figure) }
        for peer in peers {
            for name in ["proxy.rps", "proxy.h2_rps", "proxy.events", "proxy.handshakes"] {
                for ours in ["", "_rules"] {
                    let ratio = zip(series[name + ours], series["\(name)_\(peer)"]).map { $0 / $1 }
                    guard !ratio.isEmpty else { continue }
                    try line(Figure("\(name)_ratio\(ours)_\(peer)", unit: "1", ratio, higherIsBetter: true))
                }
            }
        }
        // One at a time, and at half of the gateway's load.
        for (measured, added) in [
            ("proxy.p50", "proxy.p50_added_single"), ("proxy.p99", "proxy.p99_added_single"),
            ("proxy.half_p50", "proxy.p50_added"), ("proxy.half_p99", "proxy.p99_added"),
        ] {
            for way in ["", "_rules"] + peers.map({ "_" + $0 }) {
                let difference = zip(series[measured + way], series["\(measured)_origin"]).map { $0 - $1 }
                guard !difference.isEmpty else { continue }
                try line(Figure("\(added)\(way)", unit: "ms", difference))
            }
        }
    }

    private func line(_ figure: Figure) throws { Swift.print(try figure.line(json: json)) }
}
