import NIOHTTP1
import Tracing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where an exchange stands in its trace, and the clock of its spans.
struct ExchangeTrace: Sendable {
    let traceID: TraceID
    /// The caller's span; nil where the trace begins here.
    let parent: SpanID?
    /// What came with it for other tracing systems.
    let state: String?
    let isSampled: Bool
    /// The exchange's own span.
    let span = SpanID.random()
    /// That of the request to the upstream.
    let upstreamSpan = SpanID.random()
    let begin = ContinuousClock.now
    private let wallBegin = ExchangeTrace.wallClock()

    /// - Parameters:
    ///   - headers: of the request. A trace that the caller began is gone on with, sampled or not as it says.
    ///   - share: of the other exchanges are sampled.
    init(headers: HTTPHeaders, share: Double) {
        if let context = Self.context(of: headers) {
            (traceID, parent) = (context.traceID, context.spanID)
            (state, isSampled) = (context.state, context.isSampled)
        } else {
            traceID = .random()
            (parent, state) = (nil, nil)
            isSampled = traceID.isAmong(share: share)
        }
    }

    /// What a request says of the trace it belongs to; nil if nothing valid.
    static func context(of headers: HTTPHeaders) -> TraceContext? {
        TraceContext(parents: headers["traceparent"], states: headers["tracestate"])
    }

    /// Tells the upstream that its part is a child of the request's span.
    func mark(_ headers: inout HTTPHeaders) {
        let context = TraceContext(traceID: traceID, spanID: upstreamSpan, isSampled: isSampled)
        headers.replaceOrAdd(name: "traceparent", value: context.parent)
        headers.remove(name: "tracestate")
        if let state { headers.add(name: "tracestate", value: state) }
    }

    /// Nanoseconds since 1970. All spans of an exchange are timed by one clock that never jumps.
    func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        wallBegin &+ begin.duration(to: instant).nanoseconds
    }

    private static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// When the stages of an exchange were, as far as they are over.
struct ExchangeStages: Sendable {
    /// Judging, per phase. Of an answer that was judged piece by piece it is as long as all of that together.
    var input: Range<ContinuousClock.Instant>?
    var output: Range<ContinuousClock.Instant>?
    /// When the request was given on to the upstream.
    var forwarded: ContinuousClock.Instant?
    /// Writing a safeguard response.
    var safeguard: Range<ContinuousClock.Instant>?
}
