import Foundation
import SwiftProtobuf

/// Who sends, as every OTLP/HTTP export request tells it: a resource and a scope.
package struct ExportSource: Sendable {
    /// Of the body of a request (OTLP specification 1.x, binary protobuf).
    package static let contentType = "application/x-protobuf"

    let resource: Otlp_Resource
    let scope: Otlp_Scope

    /// - Parameters:
    ///   - service: the resource's `service.name`.
    ///   - instance: its `service.instance.id`.
    ///   - version: of the program.
    package init(service: String, instance: String, version: String) {
        resource = Otlp_Resource.with {
            $0.attributes = [
                .pair("service.name", service), .pair("service.instance.id", instance),
                .pair("service.version", version), .pair("telemetry.sdk.language", "swift"),
                .pair("telemetry.sdk.name", "guardian"),
            ]
        }
        scope = Otlp_Scope.with {
            $0.name = "guardian"
            $0.version = version
        }
    }

    /// How many spans or log records the receiver refused, by the body of its answer; 0 for a body that says nothing.
    package static func rejected(_ answer: [UInt8]) -> Int {
        guard let response = try? Otlp_ExportResponse(serializedBytes: answer) else { return 0 }
        return Int(clamping: max(0, response.partialSuccess.rejected))
    }
}

extension Otlp_KeyValue {
    static func pair(_ name: String, _ text: String) -> Otlp_KeyValue {
        Otlp_KeyValue.with {
            $0.key = name
            $0.value.stringValue = text
        }
    }
}

extension TraceID {
    /// 16, as OTLP sends them.
    var bytes: Data { bigEndian(high) + bigEndian(low) }
}

extension SpanID {
    /// 8, as OTLP sends them.
    var bytes: Data { bigEndian(value) }
}

private func bigEndian(_ value: UInt64) -> Data {
    withUnsafeBytes(of: value.bigEndian) { Data($0) }
}
