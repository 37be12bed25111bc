import Audit
import Transformer

/// What the model's scheduler is doing and has done.
struct ModelGauges: Sendable {
    private let waiting: Gauge
    private let requests: Gauge
    private let refused: Counter
    private let steps: Counter
    private let sequences: Counter
    private let rows: Counter
    private let prefixes: Counter
    private let pages: Gauge

    init(_ registry: Metrics) {
        waiting = registry.gauge("guardian_model_queue_waiting", help: "Requests that wait for the model now.")
        requests = registry.gauge("guardian_model_requests", help: "Requests that the model has under way now.")
        refused = registry.counter(
            "guardian_model_refused_total",
            help: "Requests that the model refused because too many were under way."
        )
        steps = registry.counter("guardian_model_steps_total", help: "Steps that the model computed.")
        sequences = registry.counter(
            "guardian_model_sequences_total",
            help: "Pieces of sequences in these steps; divided by the steps, the mean batch."
        )
        rows = registry.counter(
            "guardian_model_rows_total",
            help: "Rows in these steps: a row is one token through the lower layers, the upper ones or both."
        )
        prefixes = registry.counter(
            "guardian_prefix_cache_tokens_total",
            help: "Tokens that the prefix cache was asked for, by result: hit (read before), miss.",
            labels: ["result"]
        )
        pages = registry.gauge(
            "guardian_model_pages",
            help: "Pages of the model's key and value cache, by state: all, sequences (held by them), "
                + "prefixes (held by the prefix cache).",
            labels: ["state"]
        )
    }

    func update(_ statistics: SchedulerStatistics) {
        waiting.set(Double(statistics.waiting))
        requests.set(Double(statistics.requests))
        refused.advance(to: statistics.refused)
        steps.advance(to: statistics.steps)
        sequences.advance(to: statistics.segments)
        rows.advance(to: statistics.rows)
        prefixes.advance(to: statistics.hitTokens, ["hit"])
        prefixes.advance(to: statistics.missTokens, ["miss"])
        pages.set(Double(statistics.pages), ["all"])
        pages.set(Double(statistics.pagesInUse), ["sequences"])
        pages.set(Double(statistics.pagesCached), ["prefixes"])
    }
}
