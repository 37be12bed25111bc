/// Where the gateway listens, and to whom.
extension GatewayConfigurationKeys {
    static let listen: [ConfigurationKey] = [
        ConfigurationKey(
            "address",
            .address,
            .required,
            "host:port of the gateway; `unix:PATH` of a unix socket; `systemd` or `systemd:NAME` for a "
                + "socket of a systemd `.socket` unit"
        ),
        ConfigurationKey(
            "tls",
            .mapping,
            .required,
            "the certificate that is shown, or `off` for plain HTTP",
            keys: tls
        ),
        ConfigurationKey(
            "proxy_protocol",
            .list,
            .none,
            "a list of addresses, networks (`10.0.0.0/8`) and `unix`: their connections must begin with a "
                + "PROXY header (version 1 or 2), whose client is then the caller; from nobody else is one taken"
        ),
        ConfigurationKey(
            "trusted_proxies",
            .list,
            .none,
            "addresses and blocks of HTTP proxies in front whose `X-Forwarded-For`, `-Proto` and `-Host` "
                + "are believed and passed on: the caller's address is then the last in the chain that is not "
                + "one of theirs; from anybody else these fields are dropped"
        ),
        ConfigurationKey(
            "reuse_port",
            .flag,
            .value("false"),
            "whether another gateway may listen at the same port, to take over from this one"
        ),
        ConfigurationKey(
            "socket_mode",
            .text,
            .value("0660"),
            "permissions of a unix socket's file"
        ),
    ]

    static let tls: [ConfigurationKey] = [
        ConfigurationKey(
            "certificate",
            .path,
            .required,
            "PEM file: the leaf, then its chain"
        ),
        ConfigurationKey(
            "key",
            .path,
            .required,
            "PEM file: the private key"
        ),
        ConfigurationKey(
            "ocsp",
            .path,
            .none,
            "DER file with an OCSP response about the certificate, as `openssl ocsp -respout` writes it: "
                + "handed out to clients until it is too old, read again when it changes"
        ),
        ConfigurationKey(
            "client_ca",
            .path,
            .none,
            "PEM file of authorities; with it, clients must show a certificate"
        ),
        ConfigurationKey(
            "client_certificate",
            .choice(["required", "optional"]),
            .value("required"),
            "with `client_ca`: `optional` serves clients without a certificate, too; one that is shown "
                + "must be valid all the same"
        ),
        ConfigurationKey(
            "additional",
            .mappings,
            .none,
            "further certificates, shown to clients that ask by SNI for a name one of them is for",
            keys: identity
        ),
    ]

    static let identity: [ConfigurationKey] = [
        ConfigurationKey(
            "certificate",
            .path,
            .required,
            "PEM file: the leaf, then its chain"
        ),
        ConfigurationKey(
            "key",
            .path,
            .required,
            "PEM file: the private key"
        ),
        ConfigurationKey(
            "ocsp",
            .path,
            .none,
            "DER file with an OCSP response about it"
        ),
    ]

    static let admin: [ConfigurationKey] = [
        ConfigurationKey(
            "address",
            .address,
            .value("127.0.0.1:9901"),
            "host:port of the dashboard, `/healthz`, `/readyz`, `/metrics`"
        ),
        ConfigurationKey(
            "token_sha256",
            .text,
            .none,
            "SHA-256 of the token that the dashboard and `/api/` ask for (`printf %s TOKEN | sha256sum`); "
                + "without it they answer the same host only"
        ),
        ConfigurationKey(
            "tls",
            .mapping,
            .none,
            "the certificate of the admin listener",
            keys: adminTLS
        ),
    ]

    static let adminTLS: [ConfigurationKey] = [
        ConfigurationKey(
            "certificate",
            .path,
            .required,
            "PEM file: the leaf, then its chain; without `admin.tls` the listener is plain HTTP"
        ),
        ConfigurationKey(
            "key",
            .path,
            .required,
            "PEM file: the private key"
        ),
        ConfigurationKey(
            "client_ca",
            .path,
            .none,
            "PEM file of authorities; with it the dashboard and `/api/` need a client certificate, which "
                + "stands in for the token"
        ),
    ]

    static let callers: [ConfigurationKey] = [
        ConfigurationKey(
            "keys",
            .path,
            .none,
            "a file of keys of this gateway's own: callers must show one, it is not passed on, and others "
                + "are answered 401; without it, what callers show is passed on"
        ),
        ConfigurationKey(
            "trusted_peers",
            .list,
            .none,
            "addresses and blocks (`10.0.0.0/8`, `::1`) of peers whose `tenant_header` is believed. The "
                + "peer is who sent the HTTP request: behind a balancer that sends PROXY headers, the address in "
                + "that header, since the balancer passes on whatever anybody sends; never an address of "
                + "`X-Forwarded-For`"
        ),
        ConfigurationKey(
            "requests_per_minute",
            .number,
            .none,
            "limit of each caller, in this process; more is 429"
        ),
        ConfigurationKey(
            "tokens_per_minute",
            .number,
            .none,
            "likewise, by the tokens that its requests and answers take"
        ),
    ]

    static let conversations: [ConfigurationKey] = [
        ConfigurationKey(
            "unknown",
            .choice(["judge", "refuse"]),
            .value("judge"),
            "a request of `/v1/responses` that goes on from what this gateway does not know: `judge` "
                + "judges it by itself, `refuse` answers 400"
        ),
        ConfigurationKey(
            "entries",
            .number,
            .value("10000"),
            "how many of those that it knows are kept, in memory; the oldest are forgotten first"
        ),
        ConfigurationKey(
            "bytes",
            .size,
            .value("64MiB"),
            "how much of what was said in them, likewise"
        ),
    ]
}
