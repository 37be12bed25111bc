/// The keys of the file, mapping by mapping, and what the reference says of each.
///
/// A key that is read is declared here, and nowhere is more said of it: the reference is made from these.
enum GatewayConfigurationKeys {
    static let root: [ConfigurationKey] = [
        ConfigurationKey(
            "version",
            .number,
            .required,
            "version of the format: 1"
        ),
        ConfigurationKey(
            "listen",
            .mapping,
            .required,
            "where callers reach the gateway",
            keys: listen
        ),
        ConfigurationKey(
            "admin",
            .mapping,
            .none,
            "where the dashboard, health and metrics are",
            keys: admin
        ),
        ConfigurationKey(
            "upstream",
            .mapping,
            .required,
            "the LLM API behind the gateway",
            keys: upstream
        ),
        ConfigurationKey(
            "policy",
            .path,
            .required,
            "the policy file; read again when it or a file it includes changes and on SIGHUP, and kept as "
                + "it was if the new one is wrong"
        ),
        ConfigurationKey(
            "candidate",
            .path,
            .none,
            "a policy that is tried beside it: decides from the same scores, is recorded, never acts. Read again as "
                + "the policy is; where the file is not there, none is tried until it is"
        ),
        ConfigurationKey(
            "callers",
            .mapping,
            .none,
            "who may ask, and how much",
            keys: callers
        ),
        ConfigurationKey(
            "conversations",
            .mapping,
            .none,
            "what is known of conversations that the upstream keeps",
            keys: conversations
        ),
        ConfigurationKey(
            "trial_headers",
            .flag,
            .value("false"),
            "whether answers say in `x-guardian-shadow-decision` and `x-guardian-candidate-decision` what a policy in "
                + "shadow mode, and the `candidate`, would have done, as far as it is known when the answer begins "
                + "(`pending` if it is not)"
        ),
        ConfigurationKey(
            "tenant_header",
            .text,
            .none,
            "the header field in which trusted peers name whom a request is made for, for the policy's "
                + "`overrides`; from anybody else it is dropped"
        ),
        ConfigurationKey(
            "model",
            .mapping,
            .required,
            "the model that judges",
            keys: model
        ),
        ConfigurationKey(
            "engines",
            .mappings,
            .none,
            "[guard models behind servers](#other-engines) that may judge beside the engine inside",
            keys: engines
        ),
        ConfigurationKey(
            "judge",
            .mapping,
            .none,
            "which engines judge",
            keys: judge
        ),
        ConfigurationKey(
            "audit",
            .mapping,
            .none,
            "where each exchange is recorded",
            keys: audit
        ),
        ConfigurationKey(
            "store",
            .mapping,
            .none,
            "where the dashboard keeps its copies of records",
            keys: store
        ),
        ConfigurationKey(
            "tracing",
            .mapping,
            .none,
            "where spans are sent",
            keys: tracing
        ),
        ConfigurationKey(
            "limits",
            .mapping,
            .none,
            "what a client may ask of the gateway",
            keys: limits
        ),
        ConfigurationKey(
            "unrecognised_paths",
            .choice(["refuse", "pass"]),
            .value("refuse"),
            "`refuse` answers 404; `pass` forwards paths of no known dialect unread"
        ),
        ConfigurationKey(
            "drain_timeout",
            .time,
            .value("30s"),
            "how long exchanges, and what is judged beside them, may go on after SIGTERM"
        ),
        ConfigurationKey(
            "event_loops",
            .number,
            .words("the processors"),
            "threads that carry connections; each has its own connections to the upstream"
        ),
    ]
}
