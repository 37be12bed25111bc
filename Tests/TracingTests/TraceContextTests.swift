import Testing

@testable import Tracing

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"
    private static let valid = "00-\(trace)-\(span)-01"

    private func read(_ parent: String, _ states: String...) -> TraceContext? {
        TraceContext(parents: [parent], states: states)
    }

    @Test func `a valid parent is read and written as it was`() throws {
        let context = try #require(read(Self.valid))
        #expect("\(context.traceID)" == Self.trace && "\(context.spanID)" == Self.span)
        #expect(context.isSampled && context.state == nil)
        #expect(context.parent == Self.valid)
        #expect(read("00-\(Self.trace)-\(Self.span)-00")?.isSampled == false)
        // Flags that are not known are not passed on.
        #expect(read("00-\(Self.trace)-\(Self.span)-ff")?.parent == Self.valid)
    }

    @Test func `a later version is read as far as it is known`() {
        #expect(read("01-\(Self.trace)-\(Self.span)-01")?.parent == Self.valid)
        #expect(read("cc-\(Self.trace)-\(Self.span)-01-what-the-future-will-be-like")?.parent == Self.valid)
        #expect(read("cc-\(Self.trace)-\(Self.span)-01.what") == nil)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01x",
        "ff-\(trace)-\(span)-01", "0x-\(trace)-\(span)-01", "00_\(trace)-\(span)-01", "00-\(trace)-\(span)-0g",
        "00-\(String(repeating: "0", count: 32))-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.uppercased())-\(span)-01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01 ",
        "00-\(trace)é-\(span)-01", "00-\(trace.dropLast(2))é-\(span)-01", String(repeating: "-", count: 55),
        String(repeating: "0", count: 100_000),
    ])
    func `what is not valid begins a trace`(parent: String) {
        #expect(read(parent) == nil)
    }

    @Test func `two parents are as good as none`() {
        #expect(TraceContext(parents: [Self.valid, Self.valid], states: []) == nil)
        #expect(TraceContext(parents: [], states: ["a=b"]) == nil)
    }

    @Test func `a state is passed on, several fields as one`() {
        #expect(read(Self.valid, "congo=t61rcWkgMzE")?.state == "congo=t61rcWkgMzE")
        #expect(read(Self.valid, "a=1 , b@c=2", "", "d=3")?.state == "a=1,b@c=2,d=3")
        let longest = "a=" + String(repeating: "x", count: 510)
        #expect(read(Self.valid, longest)?.state == longest)
    }

    @Test(arguments: [
        "", " ", ",,", "novalue", "=1", "a=1,b", "a=\u{1}", "a=é", "a=" + String(repeating: "x", count: 511),
        (0..<33).map { "k\($0)=1" }.joined(separator: ","),
    ])
    func `a state that cannot be right is dropped, and the parent kept`(state: String) throws {
        let context = try #require(read(Self.valid, state))
        #expect(context.state == nil && context.parent == Self.valid)
    }
}
