import GuardCore

/// Turns a record into one line of JSON.
///
/// The keys always come in the same order. A field without a value is left out, except `action`, where `allow` is
/// written so that a reader need not infer it. Durations are milliseconds with three decimals, scores have six.
package enum AuditEncoder {
    /// Every key a record can hold, as the reference documents them: nested keys with a dot, elements with `[]`.
    package static let fields = AuditField.record.flatMap { field in
        guard field.name.hasPrefix("input.") else { return [field.name] }
        return AuditField.phases.map { $0 + field.name.dropFirst("input".count) }
    }

    /// The words that `event` may hold: a record, and what the log says of itself.
    package static let events = AuditField.events.map(\.name)

    /// Texts as they stand in a record, a JSON object in UTF-8: what is sealed where they must not stand there.
    package static func content(_ content: AuditRecord.Content) -> [UInt8] {
        var json = JSONLine()
        json.texts(content)
        return json.bytes
    }

    /// The record as a JSON object in UTF-8, without a line feed and without its last brace: the chain adds its link.
    package static func body(_ record: AuditRecord) -> [UInt8] {
        var json = JSONLine()
        json.object { json in
            json.member("event", "exchange")
            json.member("time", record.time.rfc3339)
            json.member("request_id", record.requestID)
            json.member("trace_id", record.traceID)
            json.member("span_id", record.spanID)
            json.member("tenant", record.tenant)
            json.member("caller", record.caller)
            json.member("outcome", record.outcome.rawValue)
            json.key("policy")
            json.object { json in
                json.member("name", record.policy.name)
                json.member("digest", record.policy.digest)
            }
            json.member("model_digest", record.modelDigest)
            json.member("mode", record.mode)
            json.member("route", record.route)
            json.member("dialect", record.dialect)
            json.member("model", record.model)
            json.key("stream")
            json.boolean(record.isStream)
            json.member("input", record.input)
            json.member("output", record.output)
            json.member("response", record.response)
            json.member("status", record.status)
            json.member("fault", record.fault)
            json.member("error", record.error)
            json.member("durations_ms", record.durations)
            json.member("tokens", record.tokens)
            json.key("bytes")
            json.object { json in
                json.member("request", record.bytes.request)
                json.member("response", record.bytes.response)
            }
            json.member("candidate", record.candidate)
            json.member("content", record.content)
        }
        var bytes = json.bytes
        bytes.removeLast()
        return bytes
    }
}

extension JSONLine {
    fileprivate mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Duration?) {
        guard let value else { return }
        let (seconds, attoseconds) = value.components
        key(name)
        decimal(Double(seconds) * 1000 + Double(attoseconds) / 1e15, digits: 3)
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.PhaseRecord?) {
        guard let value else { return }
        key(name)
        object { json in
            json.member("action", value.action?.rawValue ?? "allow")
            json.key("categories")
            json.array { json in
                for category in value.categories { json.string(category.rawValue) }
            }
            json.key("findings")
            json.array { json in
                for finding in value.findings { json.finding(finding) }
            }
            if value.findingsOmitted > 0 { json.member("findings_omitted", value.findingsOmitted) }
            if value.spansOmitted > 0 { json.member("spans_omitted", value.spansOmitted) }
            json.member("scores", value.scores)
            json.member("failure", value.failure)
            json.key("views")
            json.array { json in
                for view in value.views { json.string(view) }
            }
            json.member("segments_scanned", value.segmentsScanned)
            json.member("segments_unscanned", value.segmentsUnscanned)
            json.member("bytes_scanned", value.bytesScanned)
            json.member("bytes_unscanned", value.bytesUnscanned)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: Assessment?) {
        guard let value else { return }
        key(name)
        object { json in
            json.key("harm")
            json.decimal(value.harm, digits: 6)
            for category in HarmCategory.allCases {
                json.key(naming: category.rawValue)
                json.decimal(value.categories[category], digits: 6)
            }
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.CandidateRecord?) {
        guard let value else { return }
        key(name)
        object { json in
            json.key("policy")
            json.object { json in
                json.member("name", value.policy.name)
                json.member("digest", value.policy.digest)
            }
            json.member("input", value.input)
            json.member("output", value.output)
        }
    }

    fileprivate mutating func finding(_ finding: Finding) {
        object { json in
            json.member("category", finding.category.rawValue)
            switch finding.source {
            case .model(let score, let threshold):
                json.member("source", "model")
                json.key("score")
                json.decimal(score, digits: 6)
                json.key("threshold")
                json.decimal(threshold, digits: 6)
            case .rule(let id, let spans):
                json.member("source", "rule")
                json.member("rule", id)
                json.key("spans")
                json.array { json in
                    for span in spans {
                        json.array { json in
                            json.integer(span.lowerBound)
                            json.integer(span.upperBound)
                        }
                    }
                }
            case .failure:
                json.member("source", "failure")
            }
            json.member("action", finding.action.rawValue)
            json.member("segment", finding.segment)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.ResponseRecord?) {
        guard let value else { return }
        key(name)
        object { json in
            json.member("origin", value.origin.rawValue)
            json.member("category", value.category.rawValue)
            json.member("subject", value.subject)
            json.member("fallback_reason", value.fallbackReason)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.Durations) {
        guard value != AuditRecord.Durations() else { return }
        key(name)
        object { json in
            json.member("rules", value.rules)
            json.member("model", value.model)
            json.member("upstream_first_byte", value.upstreamFirstByte)
            json.member("upstream", value.upstream)
            json.member("safeguard", value.safeguard)
            json.member("proxy", value.proxy)
            json.member("total", value.total)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.Tokens) {
        guard value != AuditRecord.Tokens() else { return }
        key(name)
        object { json in
            json.member("judged", value.judged)
            json.member("generated", value.generated)
            json.member("prompt", value.prompt)
            json.member("completion", value.completion)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ value: AuditRecord.Content?) {
        guard let value else { return }
        key(name)
        guard let sealed = value.sealed else { return texts(value) }
        object { json in json.member("sealed", sealed) }
    }

    fileprivate mutating func texts(_ value: AuditRecord.Content) {
        object { json in
            json.key("input")
            json.array { json in
                for text in value.input { json.string(text) }
            }
            json.key("output")
            json.array { json in
                for text in value.output { json.string(text) }
            }
        }
    }
}
