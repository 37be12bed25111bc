import Foundation
import SwiftProtobuf

/// Turns spans into the body of an OTLP/HTTP export request (OTLP specification 1.x, `/v1/traces`, binary protobuf).
package struct SpanEncoder: Sendable {
    package static let contentType = "application/x-protobuf"

    private let resource: Otlp_Resource
    private let scope: Otlp_Scope

    /// - Parameters:
    ///   - service: the resource's `service.name`.
    ///   - instance: its `service.instance.id`.
    ///   - version: of the program.
    package init(service: String, instance: String, version: String) {
        resource = Otlp_Resource.with {
            $0.attributes = [
                Self.pair("service.name", .text(service)), Self.pair("service.instance.id", .text(instance)),
                Self.pair("service.version", .text(version)), Self.pair("telemetry.sdk.language", .text("swift")),
                Self.pair("telemetry.sdk.name", .text("guardian")),
            ]
        }
        scope = Otlp_Scope.with {
            $0.name = "guardian"
            $0.version = version
        }
    }

    package func body(_ spans: [Span]) throws -> [UInt8] {
        let request = Otlp_ExportRequest.with {
            $0.resourceSpans = [
                Otlp_ResourceSpans.with {
                    $0.resource = resource
                    $0.scopeSpans = [
                        Otlp_ScopeSpans.with {
                            $0.scope = scope
                            $0.spans = spans.map(Self.record)
                        }
                    ]
                }
            ]
        }
        return try request.serializedBytes()
    }

    /// How many spans the receiver refused, by the body of its answer; 0 for a body that says nothing.
    package static func rejected(_ answer: [UInt8]) -> Int {
        guard let response = try? Otlp_ExportResponse(serializedBytes: answer) else { return 0 }
        return Int(clamping: max(0, response.partialSuccess.rejectedSpans))
    }

    private static func record(_ span: Span) -> Otlp_SpanRecord {
        Otlp_SpanRecord.with {
            $0.traceID = bytes(span.traceID.high) + bytes(span.traceID.low)
            $0.spanID = bytes(span.id.value)
            if let parent = span.parent { $0.parentSpanID = bytes(parent.value) }
            if let state = span.state { $0.traceState = state }
            $0.name = span.name
            $0.kind = Int32(span.kind.rawValue)
            $0.startTimeUnixNano = UInt64(clamping: span.start)
            $0.endTimeUnixNano = UInt64(clamping: span.end)
            $0.attributes = span.attributes.map { pair($0.name, $0.value) }
            // 2 is STATUS_CODE_ERROR; unset says that nothing is known to be wrong.
            if span.isError { $0.status.code = 2 }
            // Only spans of sampled traces are exported.
            $0.flags = 1
        }
    }

    private static func bytes(_ value: UInt64) -> Data {
        withUnsafeBytes(of: value.bigEndian) { Data($0) }
    }

    private static func pair(_ name: String, _ value: Span.Value) -> Otlp_KeyValue {
        Otlp_KeyValue.with {
            $0.key = name
            $0.value = any(value)
        }
    }

    private static func any(_ value: Span.Value) -> Otlp_AnyValue {
        Otlp_AnyValue.with { result in
            switch value {
            case .text(let text): result.stringValue = text
            case .number(let number): result.intValue = Int64(number)
            case .decimal(let number): result.doubleValue = number
            case .flag(let flag): result.boolValue = flag
            case .texts(let texts): result.arrayValue.values = texts.map { any(.text($0)) }
            }
        }
    }
}
