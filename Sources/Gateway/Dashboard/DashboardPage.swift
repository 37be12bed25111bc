import NIOCore
import NIOHTTP1
import Proxy

/// The files of the dashboard, which are part of the program: nothing is loaded from elsewhere.
enum DashboardPage {
    /// nil for a path that is none of the files'.
    static func reply(to path: Substring) -> LocalReply? {
        switch path {
        case "/": file(PackageResources.dashboard_html, "text/html; charset=utf-8")
        case "/dashboard.css": file(PackageResources.dashboard_css, "text/css; charset=utf-8")
        case "/dashboard.js": file(PackageResources.dashboard_js, "text/javascript; charset=utf-8")
        case "/charts.js": file(PackageResources.charts_js, "text/javascript; charset=utf-8")
        case "/icon.svg": file(PackageResources.icon_svg, "image/svg+xml")
        default: nil
        }
    }

    /// What a page of these files may do: nothing but show itself and ask this listener.
    private static let contentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func file(_ bytes: [UInt8], _ type: String) -> LocalReply {
        LocalReply(
            status: .ok,
            headers: [
                "content-type": type, "cache-control": "no-cache", "content-security-policy": contentPolicy,
                "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
                "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
            ],
            body: .bytes(ByteBuffer(bytes: bytes))
        )
    }
}
