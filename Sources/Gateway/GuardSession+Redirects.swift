import Foundation
import NIOHTTP1

extension GuardSession {
    /// Takes what leads around the gateway from an answer's head: clients repeat a request, as they wrote it, where a redirect points to.
    func keepHere(_ head: inout HTTPResponseHead) {
        guard dialect == nil else {
            guard (300..<400).contains(head.status.code), head.status != .notModified else { return }
            for name in ["location", "content-location", "refresh"] { head.headers.remove(name: name) }
            return
        }
        guard let location = head.headers.first(name: "location"), let path = pathAtUpstream(location) else {
            return
        }
        head.headers.replaceOrAdd(name: "location", value: path)
    }

    /// What stands behind the authority of a location; nil if the upstream is not there, or the location names no authority.
    private func pathAtUpstream(_ location: String) -> String? {
        guard let slashes = location.range(of: "//") else { return nil }
        let scheme = location[..<slashes.lowerBound].lowercased()
        guard ["", "http:", "https:"].contains(scheme) else { return nil }
        let rest = location[slashes.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let isUpstream = environment.configuration.upstream.servers.contains { server in
            let isSecure = scheme.isEmpty ? server.scheme == "https" : scheme == "https:"
            let address =
                GatewayConfiguration.Address(host) ?? GatewayConfiguration.Address("\(host):\(isSecure ? 443 : 80)")
            return address?.port == server.port && address?.host.lowercased() == server.host.lowercased()
        }
        guard isUpstream else { return nil }
        let path = String(rest.dropFirst(authority.count))
        // Two slashes in front would name an authority again.
        if path.hasPrefix("//") { return "/." + path }
        return path.hasPrefix("/") ? path : "/" + path
    }
}
