/// What the gateway asks: the LLM API, its model and other engines.
extension GatewayConfigurationKeys {
    static let upstream: [ConfigurationKey] = [
        ConfigurationKey(
            "url",
            .url,
            .required,
            "`http://host:port` or `https://host:port` of the LLM API, or `unix:PATH` for HTTP through a "
                + "unix socket; or `servers` in its place"
        ),
        ConfigurationKey(
            "servers",
            .mappings,
            .none,
            "in place of `url`: a request goes to the one with the fewest under way for its weight",
            keys: server
        ),
        ConfigurationKey(
            "health",
            .mapping,
            .none,
            "ask each server for a path; three failures in a row take it out, two successes bring it back",
            keys: health
        ),
        ConfigurationKey(
            "ca",
            .path,
            .words("the system's"),
            "PEM file of authorities to trust for the upstream"
        ),
        ConfigurationKey(
            "certificate",
            .path,
            .none,
            "PEM file: the certificate that the gateway shows to the upstream"
        ),
        ConfigurationKey(
            "key",
            .path,
            .none,
            "PEM file: its private key"
        ),
        ConfigurationKey(
            "authorization_env",
            .text,
            .none,
            "environment variable whose value replaces the caller's key: with a scheme in front (`Bearer "
                + "…`) in `Authorization`, a bare key in the field where the API looks for keys (`x-api-key`, "
                + "`x-goog-api-key`); without it the caller's is passed on. Without `callers.keys` whoever reaches "
                + "the gateway uses this key"
        ),
        ConfigurationKey(
            "connect_timeout",
            .time,
            .value("5s"),
            "until the upstream is connected"
        ),
        ConfigurationKey(
            "first_byte_timeout",
            .time,
            .value("120s"),
            "until its answer begins"
        ),
        ConfigurationKey(
            "idle_timeout",
            .time,
            .value("60s"),
            "between two pieces of its answer"
        ),
        ConfigurationKey(
            "total_timeout",
            .time,
            .value("10m"),
            "for the whole of it"
        ),
        ConfigurationKey(
            "connections",
            .number,
            .value("512"),
            "to one server from one event loop; requests beyond it wait"
        ),
        ConfigurationKey(
            "waiting",
            .number,
            .value("1024"),
            "requests that may wait for a connection to each server, on one event loop; one more is 503 "
                + "(`upstream_pool_exhausted`)"
        ),
        ConfigurationKey(
            "http2",
            .choice(["auto", "always", "never"]),
            .value("auto"),
            "HTTP/2 to the upstream: `auto` where ALPN agrees on it, `always` also in the clear, without "
                + "asking, `never`"
        ),
        ConfigurationKey(
            "connection_age",
            .time,
            .value("10m"),
            "a connection that is older is not used again, and the name is looked up anew for the next"
        ),
        ConfigurationKey(
            "breaker_failures",
            .number,
            .value("50"),
            "after so many exchanges in a row without an answer from any server, on one event loop, "
                + "requests are answered 503 (`upstream_circuit_open`) for a while, then one finds out; 0 never. One "
                + "that waited in vain while its server answered others with 2xx does not count"
        ),
        ConfigurationKey(
            "breaker_time",
            .time,
            .value("2s"),
            "how long requests are answered so; then one finds out"
        ),
        ConfigurationKey(
            "retries",
            .number,
            .value("2"),
            "tries of another server, before the first byte of an answer: for a request that was not sent, "
                + "or a GET, HEAD or OPTIONS whose connection broke; at most one in five requests"
        ),
    ]

    static let server: [ConfigurationKey] = [
        ConfigurationKey(
            "url",
            .url,
            .required,
            "as `upstream.url`"
        ),
        ConfigurationKey(
            "weight",
            .number,
            .value("1"),
            "its share of the requests, beside the others'"
        ),
    ]

    static let health: [ConfigurationKey] = [
        ConfigurationKey(
            "path",
            .text,
            .required,
            "the path; a status from 200 to 399 is a success"
        ),
        ConfigurationKey(
            "interval",
            .time,
            .value("5s"),
            "from one question to the next"
        ),
        ConfigurationKey(
            "timeout",
            .time,
            .value("2s"),
            "until the answer"
        ),
    ]

    static let model: [ConfigurationKey] = [
        ConfigurationKey(
            "file",
            .path,
            .required,
            "the packed model: `Models/.cache/guardian.slm`, made by `make model`"
        ),
        ConfigurationKey(
            "timeout",
            .time,
            .value("20s"),
            "after this long without a score, each category's `on_failure` decides"
        ),
        ConfigurationKey(
            "safeguard_timeout",
            .time,
            .value("20s"),
            "after this long without a generated response, the template is sent"
        ),
        ConfigurationKey(
            "queue",
            .number,
            .value("128"),
            "requests under way at the model, computing or waiting; one more counts as not judged. So does one of "
                + "more than 1,056 tokens (of which 8,192 count at the most) where it makes more than 73,728 tokens of "
                + "all that are under way: 576 for each of `queue`, 65,536 at the least"
        ),
        ConfigurationKey(
            "threads",
            .number,
            .words("the processors"),
            "compute threads, 64 at the most"
        ),
        ConfigurationKey(
            "memory",
            .size,
            .value("256MiB"),
            "for what is being read and written, and what is kept of texts that were read: 0.8 MB for 32 tokens. With too little "
                + "for all streams that are judged at once, each is read from its beginning again and again"
        ),
    ]

    static let engines: [ConfigurationKey] = [
        ConfigurationKey(
            "name",
            .text,
            .required,
            "what `judge` and the metrics call it"
        ),
        ConfigurationKey(
            "template",
            .choice(["llama_guard", "shieldgemma", "granite_guardian", "qwen3guard", "instruction"]),
            .required,
            "how it is asked: `llama_guard`, `shieldgemma`, `granite_guardian`, `qwen3guard` or "
                + "`instruction`"
        ),
        ConfigurationKey(
            "model",
            .text,
            .required,
            "what the servers call the model"
        ),
        ConfigurationKey(
            "instruction",
            .text,
            .words("the built-in one"),
            "for `template: instruction`: what the model is told; it must be told to answer `safe`, or "
                + "`unsafe:` and names of categories"
        ),
        ConfigurationKey(
            "url",
            .url,
            .required,
            "as `upstream.url`; or `servers` in its place"
        ),
        ConfigurationKey(
            "servers",
            .mappings,
            .none,
            "as `upstream.servers`; they take turns"
        ),
        ConfigurationKey(
            "ca",
            .path,
            .words("the system's"),
            "PEM file of authorities to trust for the servers"
        ),
        ConfigurationKey(
            "certificate",
            .path,
            .none,
            "PEM file: the certificate that the gateway shows to the servers"
        ),
        ConfigurationKey(
            "key",
            .path,
            .none,
            "PEM file: its private key"
        ),
        ConfigurationKey(
            "authorization_env",
            .text,
            .none,
            "environment variable with the servers' key"
        ),
        ConfigurationKey(
            "connections",
            .number,
            .value("64"),
            "to one server from one event loop; questions beyond it wait"
        ),
        ConfigurationKey(
            "health",
            .mapping,
            .none,
            "as `upstream.health`"
        ),
        ConfigurationKey(
            "timeout",
            .time,
            .value("5s"),
            "for all questions about a request or an answer"
        ),
        ConfigurationKey(
            "connect_timeout",
            .time,
            .value("2s"),
            "until a server is connected"
        ),
        ConfigurationKey(
            "hedge_after",
            .time,
            .none,
            "after this long without an answer a second server is asked too, and the first answer counts"
        ),
        ConfigurationKey(
            "queue",
            .number,
            .value("256"),
            "questions under way, about all requests and answers; one more counts as not judged (overloaded)"
        ),
        ConfigurationKey(
            "concurrency",
            .number,
            .value("8"),
            "of those about one request or answer, at the most `queue`; it may have any number, and the rest wait "
                + "within `timeout`"
        ),
        ConfigurationKey(
            "probabilities",
            .flag,
            .value("true"),
            "whether probabilities of tokens are asked for; without them a text is harmful or not, and "
                + "nothing between"
        ),
        ConfigurationKey(
            "text_size",
            .size,
            .value("8KiB"),
            "of a text that one question has room for; a longer one is asked about in pieces that overlap, "
                + "and the worst counts"
        ),
        ConfigurationKey(
            "context_size",
            .size,
            .value("4KiB"),
            "of what was said before it, the latest first"
        ),
    ]

    static let judge: [ConfigurationKey] = [
        ConfigurationKey(
            "engines",
            .list,
            .value("[embedded]"),
            "who judges: `embedded` is the engine inside; an entry may be `{name, weight}`, for the rule "
                + "`weighted`"
        ),
        ConfigurationKey(
            "rule",
            .choice(["any", "all", "weighted"]),
            .value("any"),
            "how several become one: `any` takes the highest score, `all` the lowest, `weighted` the mean "
                + "by weight"
        ),
    ]
}
