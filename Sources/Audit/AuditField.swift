import GuardCore

/// A member of a record, and what the reference says of it.
package struct AuditField: Sendable {
    /// With those it stands in, `findings[].score`: `[]` stands behind the name of an array.
    package let name: String
    /// Of JSON.
    package let type: String
    /// Markdown.
    package let meaning: String

    init(_ name: String, _ type: String = "string", _ meaning: String) {
        self.name = name
        self.type = type
        self.meaning = meaning
    }

    func inside(_ outer: String) -> AuditField { AuditField("\(outer).\(name)", type, meaning) }
}

extension AuditField {
    /// The members of a record, in the order they are written in, with what was decided about the request; the same fields
    /// stand in the other `phases`.
    package static let record: [AuditField] =
        [
            AuditField("event", "string", "`exchange`; other words are the log's own lines, below"),
            AuditField("time", "string", "when the request's head had been read: RFC 3339 with milliseconds"),
            AuditField("request_id", "string", "the `x-request-id` of the reply"),
            AuditField("trace_id", "string", "the trace, of the caller's `traceparent` or begun here"),
            AuditField("span_id", "string", "the exchange's own span in it, where traces are sent"),
            AuditField("tenant", "string", "whom the request was made for, by its key, or by `tenant_header`"),
            AuditField(
                "caller",
                "string",
                "the name of the key that was shown, where `callers.keys` names them; never the key"
            ),
            AuditField(
                "outcome",
                "string",
                "`answered` by the upstream, `safeguarded` (a safeguard response, or the error that stands for one), `local` "
                    + "(moderations), `refused` (the caller's fault), `failed` (the upstream's or the gateway's), `abandoned` "
                    + "by the caller"
            ),
            AuditField("policy.name", "string", "the policy that decided"),
            AuditField("policy.digest", "string", "its SHA-256"),
            AuditField("model_digest", "string", "SHA-256 of the packed model that judged"),
            AuditField("mode", "string", "`enforce` or `shadow`"),
            AuditField("route", "string", "the path's pattern; names in a path are replaced by `{model}`"),
            AuditField("dialect", "string", "the API that was spoken, `openai.chat` for instance"),
            AuditField("model", "string", "the LLM that was asked for"),
            AuditField("stream", "boolean", "whether a stream was asked for"),
        ] + phase.map { $0.inside("input") } + rest

    /// Where the fields of `input` stand, too.
    package static let phases = ["input", "output", "candidate.input", "candidate.output"]

    private static let phase: [AuditField] =
        [
            AuditField("action", "string", "what was decided: `allow`, `log`, `rewrite` or `block`"),
            AuditField("categories[]", "string", "the categories of all findings"),
            AuditField("findings[].category", "string", "why: each reason has a category"),
            AuditField("findings[].source", "string", "`model`, `rule`, or `failure`"),
            AuditField("findings[].rule", "string", "of a rule: its id"),
            AuditField(
                "findings[].spans[]",
                "array",
                "what matched, as UTF-8 offsets into the segment: the first byte, and the one behind the last"
            ),
            AuditField("findings[].score", "number", "of the model: the score"),
            AuditField("findings[].threshold", "number", "and the threshold it reached"),
            AuditField("findings[].action", "string", "what this reason alone asks for"),
            AuditField("findings[].segment", "number", "which text it is about, from 0"),
            AuditField(
                "findings_omitted",
                "number",
                "further findings, where there are more than 200; left out if there are not"
            ),
            AuditField("spans_omitted", "number", "further spans, where there are more than 1,000 in all"),
            AuditField(
                "failure",
                "string",
                "why the model gave no score, or not those of all texts: `overloaded`, `deadline`, `failed`"
            ),
            AuditField(
                "views[]",
                "string",
                "the readings of the texts that were searched: `raw`, `canonical`, `squeezed`, and encodings that were undone"
            ),
            AuditField("segments_scanned", "number", "strings that were read"),
            AuditField("segments_unscanned", "number", "strings that nobody read"),
            AuditField("bytes_scanned", "number", "their bytes: of those that were read"),
            AuditField("bytes_unscanned", "number", "and of those that nobody read"),
            AuditField("scores.harm", "number", "the highest of all texts, from 0 to 1"),
        ]
        + HarmCategory.allCases.map { category in
            AuditField("scores.\(category.rawValue)", "number", "likewise, of the category")
        }

    private static let rest = [
        AuditField(
            "response.origin",
            "string",
            "where a safeguard response came from: `generated`, `template`, `fixed`"
        ),
        AuditField("response.category", "string", "what it is about"),
        AuditField(
            "response.subject",
            "string",
            "what the model took the text to be about, where it wrote the response"
        ),
        AuditField("response.fallback_reason", "string", "why what was generated was not used"),
        AuditField("status", "number", "the HTTP status the caller got; 499 if it went away first"),
        AuditField("fault", "string", "whose fault an error was: `client`, `upstream`, `proxy`"),
        AuditField("error", "string", "its fixed word"),
        AuditField("durations_ms.rules", "number", "milliseconds in the rules"),
        AuditField("durations_ms.model", "number", "in the model"),
        AuditField("durations_ms.upstream_first_byte", "number", "until the upstream's answer began"),
        AuditField("durations_ms.upstream", "number", "until it ended"),
        AuditField("durations_ms.safeguard", "number", "writing a safeguard response"),
        AuditField(
            "durations_ms.proxy",
            "number",
            "what is left of the total; a streamed answer is judged while it comes, so stages may overlap"
        ),
        AuditField("durations_ms.total", "number", "from the request's head to the end of the reply"),
        AuditField("tokens.judged", "number", "read by the guard's model"),
        AuditField("tokens.generated", "number", "written by it as a safeguard response"),
        AuditField("tokens.prompt", "number", "as the upstream counted them"),
        AuditField("tokens.completion", "number", "likewise"),
        AuditField("bytes.request", "number", "of the request's body"),
        AuditField("bytes.response", "number", "of the reply's"),
        AuditField("candidate.policy.name", "string", "the candidate policy, which never acts"),
        AuditField("candidate.policy.digest", "string", "its SHA-256"),
        AuditField("content.input[]", "string", "the judged texts of the request, only where `audit.content` is on"),
        AuditField("content.output[]", "string", "and of the answer"),
        AuditField(
            "content.sealed",
            "string",
            "in their place both, sealed for `audit.content_certificate`, in base64 (below)"
        ),
    ]

    /// What each line ends in, whatever its event.
    package static let chain = [
        AuditField("chain.seq", "number", "the line's number in the hash chain, from 1"),
        AuditField("chain.prev", "string", "the hash of the line before"),
        AuditField("chain.hash", "string", "the line's own"),
    ]

    /// The words that `event` may hold, as their names.
    package static let events = [
        AuditField("exchange", "", "a record"),
        AuditField(
            "started",
            "`torn`, `set_aside`",
            "the gateway began to write; `torn` if the last line had been cut by a crash (the piece is moved to a file of its "
                + "own), `set_aside` if the file's last line belonged to no chain"
        ),
        AuditField("stopped", "", "it ended in good order"),
        AuditField("lost", "`records`", "so many records were dropped or refused since the line before"),
        AuditField(
            "rotated",
            "`file`, `removed`, `uncompressed`",
            "where the lines before are now (`.gz` is put behind the name once they are compressed), which files were "
                + "removed, and which were to be compressed and could not be"
        ),
        AuditField(
            "checkpoint",
            "`checkpoint`",
            "a signature of the chain up to there: `seq` and `hash` of the line before, `key`, `signature`"
        ),
    ]
}
