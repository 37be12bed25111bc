import Foundation
import Testing

@testable import Deflate

/// What is packed is read again by this room's own reader, and by the system's.
@Suite struct GzipWriterTests {
    private func pack(_ text: [UInt8], by count: Int = .max) -> [UInt8] {
        var writer = GzipWriter()
        var packed: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            packed += writer.write(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return packed + writer.finish()
    }

    /// Lines such as a log has: alike, with numbers and digests that are not.
    private static func lines(_ count: Int) -> [UInt8] {
        var state: UInt64 = 0x2545_f491_4f6c_dd1d
        return (0..<count).flatMap { number in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Array(#"{"event":"exchange","number":\#(number),"hash":"\#(String(state, radix: 16))"}"#.utf8) + [
                0x0a
            ]
        }
    }

    private static let noise: [UInt8] = {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        return (0..<70_000).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }()

    @Test(
        arguments: [
            [], [0], Array("hello".utf8), [UInt8](repeating: 0, count: 70_000), Array(0...255), lines(2000), noise,
            // A repeat from the very beginning of the window, one from a byte before it, and one across two blocks.
            Array(noise[..<32_768]) + Array(noise[..<300]), Array(noise[..<32_769]) + Array(noise[..<300]),
            Array(noise[..<65_000]) + Array(noise[64_000..<65_000]),
        ] as [[UInt8]]
    )
    func whatIsPackedComesOutAgain(text: [UInt8]) throws {
        #expect(try Gzip.inflate(self.pack(text), limit: .max / 2) == text)
    }

    @Test func howItComesDoesNotMatter() throws {
        let text = Self.lines(1500)
        #expect(self.pack(text, by: 7) == self.pack(text))
    }

    @Test func linesOfALogTakeAQuarterAtMost() {
        let text = Self.lines(3000)
        #expect(self.pack(text).count * 4 < text.count)
    }

    @Test func noiseGrowsByAPartInAHundredAtMost() {
        #expect(self.pack(Self.noise).count < Self.noise.count * 101 / 100)
    }

    @Test func theSystemReadsIt() throws {
        let text = Self.lines(2000) + Self.noise
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("deflate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("text.gz")
        try Data(self.pack(text)).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let read = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(read == Data(text))
    }
}
