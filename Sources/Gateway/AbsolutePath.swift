import Foundation

/// Paths made absolute, without a look at what the links in them lead to.
///
/// Certificates that are renewed, and the files of Kubernetes' config maps and secrets, are links that are turned to other files: whoever
/// opens the path has to follow them each time.
package enum AbsolutePath {
    /// - Parameter folder: absolute; where a path starts that is not.
    package static func make(_ path: String, in folder: String = FileManager.default.currentDirectoryPath) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        var parts: [String] = []
        for part in whole.unicodeScalars.split(separator: "/").map({ String($0) }) where part != "." {
            // Behind a link it is the folder above the one that the link leads to: that is the system's to find, each time.
            if part == "..", parts.last != "..", !isLink(joined(parts)) {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        return joined(parts)
    }

    private static func joined(_ parts: [String]) -> String { "/" + parts.joined(separator: "/") }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
