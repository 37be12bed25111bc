import Foundation
import Testing

@testable import PolicyLanguage

@Suite struct PolicySchemaTests {
    @Test func theCommittedFileIsWhatTheCodeWrites() throws {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Policies/schema/policy.schema.json")
        let committed = try String(contentsOf: file, encoding: .utf8)
        #expect(
            committed == PolicySchema.text,
            "write it again: guardian policy schema > Policies/schema/policy.schema.json"
        )
    }

    @Test func itIsJSONInWhichEveryReferenceLeadsSomewhere() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(PolicySchema.text.utf8)) as? [String: Any]
        )
        let definitions = try #require(object["$defs"] as? [String: Any])
        let references = PolicySchema.text.matches(of: /"#\/\$defs\/([a-z_]+)"/).map { String($0.output.1) }
        #expect(references.count > 20)
        #expect(Set(references) == Set(definitions.keys))
    }

    @Test func theKeysOfEachMappingAreTheDecoders() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(PolicySchema.text.utf8)) as? [String: Any]
        )
        let definitions = try #require(object["$defs"] as? [String: [String: Any]])
        for (name, keys) in [
            ("policy", PolicyKeys.policy), ("pack", PolicyKeys.pack), ("phase", PolicyKeys.phase),
            ("category", PolicyKeys.category), ("rule", PolicyKeys.rule), ("override", PolicyKeys.override),
            ("anomaly", PolicyKeys.anomaly), ("regex", PolicyKeys.regex), ("stream", PolicyKeys.stream),
        ] {
            let properties = try #require(definitions[name]?["properties"] as? [String: Any])
            #expect(Set(properties.keys) == Set(keys))
            #expect(definitions[name]?["additionalProperties"] as? Bool == false)
        }
    }
}
