package import Audit
package import DecisionStore
package import Guard
package import GuardCore
package import Listening
package import Proxy
package import Tracing
package import Upstream

/// How one gateway is run: where it listens, what stands behind it, which policy and model it judges with.
///
/// Read from a YAML file by `GatewayConfigurationLoader`; the keys are those of the README's "Configuration" section.
package struct GatewayConfiguration: Sendable, Equatable {
    /// A place to listen at.
    package struct Address: Sendable, Equatable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Where the gateway listens for callers.
    package enum ListenAddress: Sendable, Equatable {
        case tcp(Address)
        /// The absolute path of a unix socket.
        case unix(String)
        /// A socket that the service manager hands over, by name; nil for the only one.
        case inherited(String?)
    }

    /// The certificate a listener shows.
    package struct ServerTLS: Sendable, Equatable {
        /// Absolute path of a PEM file: the leaf first, then its chain.
        package var certificate: String
        /// Absolute path of the PEM private key.
        package var key: String
        /// Absolute path of a PEM file of authorities; client certificates are required where it is set.
        package var clientAuthority: String?
        /// Whether clients may come without a certificate all the same.
        package var takesClientsWithoutCertificate = false
        /// Absolute path of a file that the secrets of connections are written to; set by a flag, never by a file.
        package var keyLog: String?
        /// Absolute path of a DER file: an OCSP response about the certificate, handed out with it.
        package var ocsp: String?
        /// Further certificates and keys, for clients that ask by SNI for a name one of them is for.
        package var additional: [Identity] = []

        /// Absolute paths of a certificate's PEM file and its key's.
        package struct Identity: Sendable, Equatable {
            package var certificate: String
            package var key: String
            /// Of an OCSP response about the certificate.
            package var ocsp: String?
        }

        package init(certificate: String, key: String, clientAuthority: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    /// The LLM API behind the gateway.
    package struct UpstreamAPI: Sendable, Equatable {
        /// One of the servers that answer for it.
        package struct Server: Sendable, Equatable {
            /// `http` or `https`.
            package var scheme: String
            package var host: String
            package var port: Int
            /// The absolute path of a unix socket, in place of host and port.
            package var socketPath: String?
            /// Its share of the requests, beside the others'.
            package var weight = 1

            package init(scheme: String, host: String, port: Int, weight: Int = 1) {
                self.scheme = scheme
                self.host = host
                self.port = port
                self.weight = weight
            }
        }

        /// At least one.
        package var servers: [Server]
        /// A path that each server is asked for now and then; nil asks for none.
        package var healthPath: String?
        package var healthInterval: Duration = .seconds(5)
        package var healthTimeout: Duration = .seconds(2)
        /// How often a request that was not answered may be tried again, with another server.
        package var retries = 2
        /// Absolute paths of the certificate that is shown to servers, and of its key.
        package var identity: ServerTLS.Identity?
        /// Absolute path of a PEM file of authorities to trust instead of the system's.
        package var authority: String?
        /// Sent as `Authorization` in place of the caller's, if set: the value of an environment variable.
        package var authorization: String?
        package var connectTimeout: Duration = .seconds(5)
        package var firstByteTimeout: Duration = .seconds(120)
        package var idleTimeout: Duration = .seconds(60)
        package var totalTimeout: Duration = .seconds(600)
        /// Connections to one server from one event loop.
        package var connections = 512
        /// Requests that wait for one of them.
        package var waiting = 1024
        /// Whether servers are spoken to in HTTP/2.
        package var http2 = HTTP2Use.auto
        /// How old a connection may be when it is used again.
        package var connectionAge: Duration = .seconds(600)
        /// Failures in a row after which nobody is asked for a while; nil for always.
        package var breakerFailures: Int? = 50
        package var breakerTime: Duration = .seconds(2)

        package init(scheme: String, host: String, port: Int) {
            self.servers = [Server(scheme: scheme, host: host, port: port)]
        }
    }

    /// The SLM and how long an exchange waits for it.
    package struct Model: Sendable, Equatable {
        /// Absolute path of the packed model file.
        package var file: String
        /// After this long without a score the failure mode of each category decides.
        package var timeout: Duration = .seconds(20)
        /// After this long without a generated safeguard response the template is sent.
        package var safeguardTimeout: Duration = .seconds(20)
        /// Texts that may wait for the model; more are answered as overloaded.
        package var queue: Int = 128
        /// Compute threads.
        package var threads: Int
        /// Bytes for what is being read and written, and for what is kept of texts that were read.
        package var memory: Int = 256 << 20
        /// The longest text that is answered has to fit.
        package static let leastMemory = 64 << 20

        package init(file: String, threads: Int) {
            self.file = file
            self.threads = threads
        }
    }

    /// Where decisions are recorded.
    package struct AuditLog: Sendable, Equatable {
        /// Where records go.
        package enum Place: Sendable, Equatable {
            case standardOutput
            /// Absolute path of a file that is appended to.
            case file(String)
            /// Absolute path of a syslog daemon's socket.
            case syslog(String)
            case collector(Collector)
        }

        package var place = Place.standardOutput
        /// Which exchanges' texts go into their records.
        package enum ContentScope: Sendable, Equatable {
            case none, all
            /// Those in which one of these was found.
            case found(Set<HarmCategory>)
        }

        package var content = ContentScope.none
        /// Absolute path of the certificate of whoever may read them; nil writes them as they are.
        package var contentCertificate: String?
        /// Records that may wait to be written, `AuditLog.mostBytes` in all at the most.
        package var queue = Audit.AuditLog.defaultCapacity
        /// What happens to more.
        package var overflow = AuditOverflow.drop
        /// When a file is put away.
        package var rotation = FileOutput.Rotation()
        /// Absolute path of the PEM file of the Ed25519 key that signs checkpoints; nil signs none.
        package var signingKey: String?
        /// Lines from one checkpoint to the next.
        package var checkpointInterval = 1000

        package init() {}
    }

    /// Who may see what the admin listener shows beside health and metrics.
    package struct Administration: Sendable, Equatable {
        /// SHA-256 of the token that is asked for, as 64 lower-case hexadecimal digits; nil asks for none, and lets nobody in
        /// from other hosts.
        package var tokenDigest: String?
        /// nil is plain HTTP.
        package var tls: ServerTLS?

        package init() {}
    }

    /// Where decisions are kept for the dashboard and for tuning.
    package struct Store: Sendable, Equatable {
        package var place = StorePlace.memory
        package var retention = StoreRetention()

        package init() { retention.decisions = 10_000 }
    }

    /// An OpenTelemetry collector that takes OTLP/HTTP.
    package struct Collector: Sendable, Equatable {
        /// A header field of the requests to it.
        package struct Field: Sendable, Equatable {
            package var name: String
            package var value: String
        }

        package var server: UpstreamAPI.Server
        package var path: String
        /// Absolute path of a PEM file of authorities to trust instead of the system's.
        package var authority: String?
        package var fields: [Field] = []
        /// The resource's `service.name`.
        package var service = "guardian"

        package init(server: UpstreamAPI.Server, path: String) {
            self.server = server
            self.path = path
        }
    }

    /// Which spans are sent to which collector.
    package struct Tracing: Sendable, Equatable {
        package var collector: Collector
        /// Of the traces that begin here, the share that is sampled.
        package var share = 1.0
        package var queue = SpanExporter.Settings()

        package init(_ collector: Collector) { self.collector = collector }
    }

    /// Who may ask, and how much.
    package struct Callers: Sendable, Equatable {
        /// Absolute path of the file of keys that callers must show one of; nil passes on what they show.
        package var keys: String?
        /// Whose `tenant_header` is believed.
        package var trustedPeers: [IPNetwork] = []
        /// Of each caller that has none of its own.
        package var limits = CallerLimits()

        package init() {}
    }

    package var listen: ListenAddress
    /// Permissions of a unix socket's file.
    package var socketMode: UInt16 = 0o660
    /// Whether other processes may listen at the same port, to take over from this one.
    package var sharesPort = false
    /// Whose connections begin with a PROXY header.
    package var trustedPeers = TrustedPeers()
    /// Whose `X-Forwarded-*` fields are believed.
    package var trustedProxies: [IPNetwork] = []
    /// nil is plain HTTP, which has to be asked for.
    package var tls: ServerTLS?
    package var admin: Address
    package var administration = Administration()
    package var upstream: UpstreamAPI
    /// Absolute path of the policy file.
    package var policy: String
    /// Absolute path of a policy that is tried beside it on live traffic, recorded and never acted on.
    package var candidate: String?
    /// Whether callers are told what a policy in shadow mode, or the candidate, would have done.
    package var tellsTrials = false
    package var callers = Callers()
    /// What is done about a request that goes on from something that is not known here: it is refused, or judged by itself.
    package var refusesUnknownConversations = false
    package var conversationLimits = ConversationLedger.Limits()
    /// The header field in which trusted peers name whom a request is made for; nil if none does.
    package var tenantField: String?
    package var model: Model
    /// Engines beside the one inside.
    package var engines: [Engine] = []
    package var judge = Judge()
    package var audit = AuditLog()
    package var store = Store()
    /// nil traces nothing.
    package var tracing: Tracing?
    /// Whether paths of no known dialect are passed on unread. Refused otherwise.
    package var passesUnrecognised = false
    /// Largest request body, in bytes.
    package var bodyLimit = 10 << 20
    /// Largest answer that is held for inspection, in bytes.
    package var answerLimit = 16 << 20
    /// How long a caller hears nothing of a stream that is held, while the upstream goes on, before it is told that the answer does.
    package var longestSilence = Duration.seconds(5)
    /// What a client may ask of the listener, but for the size of a body.
    package var limits = ProxyLimits()
    /// Bytes of what is judged beside exchanges. Apart from what the proxy holds, as answers that pass while they are read have half of it.
    var judgingBytes: Int { limits.bufferedBytes / 2 }
    /// How long exchanges may go on after SIGTERM.
    package var drainTimeout: Duration = .seconds(30)
    /// Threads that carry connections.
    package var eventLoops = 1

    package init(listen: ListenAddress, admin: Address, upstream: UpstreamAPI, policy: String, model: Model) {
        self.listen = listen
        self.admin = admin
        self.upstream = upstream
        self.policy = policy
        self.model = model
    }
}
