package import GuardCore

/// What happened to one exchange, for people who must answer for it later.
///
/// A record holds names, counts and scores; it holds no text of the exchange unless `content` is set, which the gateway
/// does only where the operator turned it on. Scores are written here and nowhere else: no caller ever sees one.
package struct AuditRecord: Sendable, Equatable {
    /// When the request head had been read.
    package var time: AuditTime
    /// The id that the caller got as `x-request-id`.
    package var requestID: String
    /// The trace that the exchange belongs to, as 32 hexadecimal digits; nil if nobody began one.
    package var traceID: String?
    /// The exchange's own span in it, as 16; nil if nothing is traced here.
    package var spanID: String?
    /// Whose traffic it is; nil where the gateway is not told.
    package var tenant: String?
    /// The name of the key that the caller showed, where the gateway has keys.
    package var caller: String?
    package var policy: PolicyReference
    /// Lower-case hexadecimal SHA-256 of the packed model that judged; nil if none is loaded.
    package var modelDigest: String?
    /// `enforce` or `shadow`.
    package var mode: String
    /// The path pattern that the request fitted, such as `/v1beta/models/{model}:generateContent`; nil if none did: a path
    /// that is not known may hold anything.
    package var route: String?
    /// The API dialect of the route, for example `openai.chat`.
    package var dialect: String?
    /// The LLM that the caller asked for.
    package var model: String?
    /// Whether the caller asked for a stream.
    package var isStream: Bool
    /// What was decided about the request; nil if it was not judged.
    package var input: PhaseRecord?
    /// What was decided about the answer; nil if it was not judged.
    package var output: PhaseRecord?
    /// The safeguard response the caller got; nil if none.
    package var response: ResponseRecord?
    /// How the exchange ended, whatever was decided about it.
    package var outcome: Outcome
    /// The HTTP status the caller got; 499 stands for a caller that went away first.
    package var status: Int?
    /// Whose fault an error was: `client`, `upstream` or `proxy`.
    package var fault: String?
    /// A fixed word for the error, for example `upstream_connect_timeout`.
    package var error: String?
    package var durations: Durations
    package var tokens: Tokens
    package var bytes: Bytes
    /// What another policy would have decided; nil if none was tried.
    package var candidate: CandidateRecord?
    /// The text of the exchange; nil unless the operator turned it on.
    package var content: Content?

    package init(
        time: AuditTime,
        requestID: String,
        traceID: String? = nil,
        spanID: String? = nil,
        tenant: String? = nil,
        caller: String? = nil,
        policy: PolicyReference,
        modelDigest: String? = nil,
        mode: String,
        route: String? = nil,
        dialect: String? = nil,
        model: String? = nil,
        isStream: Bool = false,
        input: PhaseRecord? = nil,
        output: PhaseRecord? = nil,
        response: ResponseRecord? = nil,
        outcome: Outcome = .answered,
        status: Int? = nil,
        fault: String? = nil,
        error: String? = nil,
        durations: Durations = Durations(),
        tokens: Tokens = Tokens(),
        bytes: Bytes = Bytes(),
        candidate: CandidateRecord? = nil,
        content: Content? = nil
    ) {
        self.time = time
        self.requestID = requestID
        self.traceID = traceID
        self.spanID = spanID
        self.tenant = tenant
        self.caller = caller
        self.policy = policy
        self.modelDigest = modelDigest
        self.mode = mode
        self.route = route
        self.dialect = dialect
        self.model = model
        self.isStream = isStream
        self.input = input
        self.output = output
        self.response = response
        self.outcome = outcome
        self.status = status
        self.fault = fault
        self.error = error
        self.durations = durations
        self.tokens = tokens
        self.bytes = bytes
        self.candidate = candidate
        self.content = content
    }
}

extension AuditRecord {
    /// Which policy decided.
    package struct PolicyReference: Sendable, Equatable {
        package var name: String
        /// Lower-case hexadecimal SHA-256 of the policy text.
        package var digest: String

        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// How an exchange ended. It says nothing of harm: that is what the phases' actions are for.
    package enum Outcome: String, Sendable, CaseIterable {
        /// The upstream answered, and the caller got its answer, edited or not.
        case answered
        /// The caller got a safeguard response, or the error that stands for one.
        case safeguarded
        /// The gateway answered by itself, as it does for moderations.
        case local
        /// The caller got an error that is its own fault.
        case refused
        /// The caller got an error that is the upstream's or the gateway's fault.
        case failed
        /// The caller went away first.
        case abandoned
    }

    /// The decision about one phase and what it rests on.
    package struct PhaseRecord: Sendable, Equatable {
        /// nil is allow.
        package var action: Action?
        /// The categories of all findings, in taxonomy order.
        package var categories: [HarmCategory]
        package var findings: [Finding]
        /// Further findings, and further places of what rules matched, that are left out: a record has a largest size.
        package private(set) var findingsOmitted = 0
        package private(set) var spansOmitted = 0
        /// The highest score of all texts; nil if the model gave none.
        package var scores: Assessment?
        /// Why the model gave no score, as a fixed word: the guard's failure, not a verdict.
        package var failure: String?
        /// The readings of the texts that the rules and the model saw, as words: `raw`, `canonical`, `base64` and the like.
        package var views: [String]
        /// Texts that the rules and the model read.
        package var segmentsScanned: Int
        /// Texts that nobody read: their role is not inspected, or the dialect does not name them.
        package var segmentsUnscanned: Int
        /// UTF-8 bytes of the texts that were read.
        package var bytesScanned: Int
        /// UTF-8 bytes of strings that nobody read.
        package var bytesUnscanned: Int

        package init(
            action: Action?,
            categories: [HarmCategory] = [],
            findings: [Finding] = [],
            scores: Assessment? = nil,
            failure: String? = nil,
            views: [String] = [],
            segmentsScanned: Int,
            segmentsUnscanned: Int,
            bytesScanned: Int = 0,
            bytesUnscanned: Int = 0
        ) {
            self.action = action
            self.categories = categories
            self.findings = Self.bounded(findings)
            findingsOmitted = findings.count - self.findings.count
            spansOmitted = Self.spans(findings) - Self.spans(self.findings)
            self.scores = scores
            self.failure = failure
            self.views = views
            self.segmentsScanned = segmentsScanned
            self.segmentsUnscanned = segmentsUnscanned
            self.bytesScanned = bytesScanned
            self.bytesUnscanned = bytesUnscanned
        }
    }

    /// What a policy that is tried beside the one in force would have decided.
    package struct CandidateRecord: Sendable, Equatable {
        package var policy: PolicyReference
        package var input: PhaseRecord?
        package var output: PhaseRecord?

        package init(policy: PolicyReference, input: PhaseRecord? = nil, output: PhaseRecord? = nil) {
            self.policy = policy
            self.input = input
            self.output = output
        }
    }

    /// Where the words of a safeguard response came from.
    package struct ResponseRecord: Sendable, Equatable {
        package enum Origin: String, Sendable {
            case generated, template, fixed
        }

        package var origin: Origin
        package var category: HarmCategory
        /// What the model took the text to be about: one of the names that come with the model.
        package var subject: String?
        /// Why generated text was not used, as a fixed word.
        package var fallbackReason: String?

        package init(origin: Origin, category: HarmCategory, subject: String? = nil, fallbackReason: String? = nil) {
            self.origin = origin
            self.category = category
            self.subject = subject
            self.fallbackReason = fallbackReason
        }
    }

    /// Where the time went; nil is a stage that did not run.
    package struct Durations: Sendable, Equatable {
        package var rules: Duration?
        package var model: Duration?
        /// Until the first byte of the upstream's answer.
        package var upstreamFirstByte: Duration?
        /// Until its end.
        package var upstream: Duration?
        /// Writing a safeguard response.
        package var safeguard: Duration?
        /// The rest of the total: reading, writing, waiting for the caller.
        package var proxy: Duration?
        package var total: Duration?

        package init(
            rules: Duration? = nil,
            model: Duration? = nil,
            upstreamFirstByte: Duration? = nil,
            upstream: Duration? = nil,
            safeguard: Duration? = nil,
            proxy: Duration? = nil,
            total: Duration? = nil
        ) {
            self.rules = rules
            self.model = model
            self.upstreamFirstByte = upstreamFirstByte
            self.upstream = upstream
            self.safeguard = safeguard
            self.proxy = proxy
            self.total = total
        }
    }

    /// Tokens by who counted them; nil is unknown.
    package struct Tokens: Sendable, Equatable {
        /// Read by the SLM to judge.
        package var judged: Int?
        /// Written by the SLM as a safeguard response.
        package var generated: Int?
        /// As the upstream reported them.
        package var prompt: Int?
        package var completion: Int?

        package init(judged: Int? = nil, generated: Int? = nil, prompt: Int? = nil, completion: Int? = nil) {
            self.judged = judged
            self.generated = generated
            self.prompt = prompt
            self.completion = completion
        }
    }

    /// Body sizes on the caller's side.
    package struct Bytes: Sendable, Equatable {
        package var request: Int
        package var response: Int

        package init(request: Int = 0, response: Int = 0) {
            self.request = request
            self.response = response
        }
    }

    /// The text of the exchange.
    package struct Content: Sendable, Equatable {
        /// The request's segments as they were inspected.
        package var input: [String]
        /// The answer's segments as they were inspected.
        package var output: [String]
        /// Both, sealed for a reader and in base64, in place of the texts themselves.
        package var sealed: String?

        package init(input: [String] = [], output: [String] = [], sealed: String? = nil) {
            self.input = input
            self.output = output
            self.sealed = sealed
        }
    }
}
