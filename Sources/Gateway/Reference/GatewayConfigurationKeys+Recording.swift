/// What is recorded, and where.
extension GatewayConfigurationKeys {
    static let audit: [ConfigurationKey] = [
        ConfigurationKey(
            "path",
            .path,
            .value("-"),
            "file that records are appended to (mode 0600; one process a file), or `-` for standard output"
        ),
        ConfigurationKey(
            "syslog",
            .path,
            .none,
            "in place of `path`: the socket of a syslog daemon, commonly `/dev/log`; a record is one RFC "
                + "5424 datagram, facility 13"
        ),
        ConfigurationKey(
            "otlp",
            .mapping,
            .none,
            "in place of `path`: an OpenTelemetry collector",
            keys: auditCollector
        ),
        ConfigurationKey(
            "content",
            .text,
            .value("false"),
            "whose texts go into the records: `true` all, or a list of categories, the exchanges in which "
                + "one was found"
        ),
        ConfigurationKey(
            "content_certificate",
            .path,
            .none,
            "PEM certificate of whoever may read them: the texts are sealed for its key (CMS, AES-256-GCM)"
        ),
        ConfigurationKey(
            "queue",
            .number,
            .value("8192"),
            "records that may wait to be written, 64 MiB in all at the most"
        ),
        ConfigurationKey(
            "overflow",
            .choice(["drop", "refuse"]),
            .value("drop"),
            "what happens to more: `drop` counts them and says in the log how many; `refuse` answers "
                + "requests with 503 (`audit_full`) while there is no room for their record, and tries a record "
                + "again that the system does not take"
        ),
        ConfigurationKey(
            "rotate",
            .mapping,
            .none,
            "when a file is put away",
            keys: rotate
        ),
        ConfigurationKey(
            "signing_key",
            .path,
            .none,
            "PEM file of an Ed25519 key that signs checkpoints"
        ),
        ConfigurationKey(
            "checkpoint_every",
            .number,
            .value("1000"),
            "lines from one checkpoint to the next; one more ends each file and each run"
        ),
    ]

    static let auditCollector: [ConfigurationKey] = [
        ConfigurationKey(
            "endpoint",
            .url,
            .required,
            "in place of `path`: URL of an OpenTelemetry collector that takes OTLP/HTTP, commonly "
                + "`http://127.0.0.1:4318/v1/logs`; a line is one log record"
        ),
        ConfigurationKey(
            "headers_env",
            .text,
            .none,
            "environment variable with header fields for the collector: `name=value,name=value`"
        ),
        ConfigurationKey(
            "ca",
            .path,
            .words("the system's"),
            "PEM file of authorities to trust for the collector"
        ),
        ConfigurationKey(
            "service",
            .text,
            .value("guardian"),
            "the resource's `service.name`"
        ),
    ]

    static let rotate: [ConfigurationKey] = [
        ConfigurationKey(
            "size",
            .size,
            .none,
            "put the file away as `PATH.TIME-NUMBER` before it is larger"
        ),
        ConfigurationKey(
            "age",
            .time,
            .none,
            "likewise when its first line is older"
        ),
        ConfigurationKey(
            "keep",
            .number,
            .value("10"),
            "files put away that are kept"
        ),
        ConfigurationKey(
            "compress",
            .choice(["none", "gzip"]),
            .value("none"),
            "what becomes of files put away: `gzip` compresses them, beside the traffic, to `PATH.TIME-NUMBER.gz`; with `none` "
                + "they stay as whatever follows their lines expects them"
        ),
    ]

    static let store: [ConfigurationKey] = [
        ConfigurationKey(
            "path",
            .path,
            .words("in memory"),
            "SQLite file in which the dashboard's copies of records are kept; texts only if "
                + "`audit.content` is on"
        ),
        ConfigurationKey(
            "postgresql",
            .text,
            .none,
            "in place of `path`: connection string or URI of a PostgreSQL database, `host=db dbname=guardian user=guardian`; a "
                + "password is better kept in `PGPASSFILE`. Tables are in the schema `guardian`, which is made. For programs "
                + "that were built with `swift build --traits PostgreSQL`"
        ),
        ConfigurationKey(
            "keep",
            .time,
            .value("720h"),
            "how long they are kept; what somebody marked stays"
        ),
        ConfigurationKey(
            "decisions",
            .number,
            .words("100000 (10000 in memory)"),
            "how many at the most, likewise"
        ),
    ]

    static let tracing: [ConfigurationKey] = [
        ConfigurationKey(
            "endpoint",
            .url,
            .required,
            "URL of an OpenTelemetry collector that takes OTLP/HTTP, commonly "
                + "`http://127.0.0.1:4318/v1/traces`; without `tracing` nothing is traced"
        ),
        ConfigurationKey(
            "sample",
            .number,
            .value("1"),
            "share of the traces that begin here which is recorded; one that a caller began is recorded if "
                + "the caller says so"
        ),
        ConfigurationKey(
            "service",
            .text,
            .value("guardian"),
            "the resource's `service.name`"
        ),
        ConfigurationKey(
            "headers_env",
            .text,
            .none,
            "environment variable with header fields for the collector: `name=value,name=value`"
        ),
        ConfigurationKey(
            "ca",
            .path,
            .words("the system's"),
            "PEM file of authorities to trust for the collector"
        ),
        ConfigurationKey(
            "queue",
            .number,
            .value("4096"),
            "spans that may wait; more are dropped and counted"
        ),
        ConfigurationKey(
            "interval",
            .time,
            .value("5s"),
            "how long one waits at the most for others to go with"
        ),
    ]
}
