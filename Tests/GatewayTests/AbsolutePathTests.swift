import Foundation
import Testing

@testable import Gateway

@Suite struct AbsolutePathTests {
    @Test(arguments: [
        ("a.pem", "/etc/x/a.pem"), ("./a/./b.pem", "/etc/x/a/b.pem"), ("../a.pem", "/etc/a.pem"),
        ("../../../a.pem", "/a.pem"), ("..", "/etc"), ("/..", "/"), ("/b//a.pem/", "/b/a.pem"),
        ("..data/a.pem", "/etc/x/..data/a.pem"), ("prüfung/../\u{301}/..", "/etc/x"),
    ])
    func `a path starts at the folder and goes up where it says`(path: String, whole: String) {
        #expect(AbsolutePath.make(path, in: "/etc/x") == whole)
    }

    @Test func `a path without a folder starts where the process runs`() {
        #expect(AbsolutePath.make("a.pem").hasSuffix("/a.pem"))
        #expect(AbsolutePath.make("a.pem").hasPrefix(AbsolutePath.make(".")))
    }

    /// As certbot and Kubernetes do it.
    @Test func `links stay in the path, so that it leads to what they are turned to later`() throws {
        let folder = NSTemporaryDirectory() + "guardian-path-" + UUID().uuidString
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: folder) }
        for name in ["guardian", "live", "archive/one", "archive/two"] {
            try manager.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        func turn(_ link: String, to target: String) throws {
            try? manager.removeItem(atPath: "\(folder)/\(link)")
            try manager.createSymbolicLink(atPath: "\(folder)/\(link)", withDestinationPath: target)
        }
        for name in ["one", "two"] {
            #expect(manager.createFile(atPath: "\(folder)/archive/\(name).pem", contents: Data(name.utf8)))
        }
        try turn("live/a.pem", to: "../archive/one.pem")
        try turn("current", to: "archive/one")
        let paths = ["../live/a.pem", "../current/../one.pem"].map {
            AbsolutePath.make($0, in: folder + "/guardian")
        }
        #expect(paths[0].hasSuffix("/live/a.pem") && !paths[0].contains(".."))
        #expect(paths[1].hasSuffix("/current/../one.pem"))
        func texts() -> [String] {
            paths.map { String(decoding: manager.contents(atPath: $0) ?? Data(), as: UTF8.self) }
        }
        #expect(texts() == ["one", "one"])
        try turn("live/a.pem", to: "../archive/two.pem")
        try turn("current", to: "guardian")
        #expect(texts() == ["two", ""])
    }
}
