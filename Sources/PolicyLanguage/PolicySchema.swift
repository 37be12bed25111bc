import GuardCore
import Policy

/// The JSON Schema (2020-12) of a policy file and of a rule pack, for editors: written from the keys and words that the
/// decoder itself knows.
///
/// It says less than the decoder does: what follows from several keys together, and everything about regular expressions, is
/// told by `guardian policy check` only.
package enum PolicySchema {
    /// The text of the schema, ending in a line feed.
    package static var text: String { schema.json() + "\n" }

    private static var schema: SchemaValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Guardian policy",
            "description": "A policy, or a file of rules that policies include.",
            "if": ["anyOf": .list(["name", "input", "output"].map { ["required": [.text($0)]] })],
            "then": ["$ref": "#/$defs/policy"],
            "else": ["$ref": "#/$defs/pack"],
            "$defs": .object(definitions),
        ]
    }

    private static var definitions: [(key: String, value: SchemaValue)] {
        [
            ("policy", mapping(PolicyKeys.policy, required: PolicyKeys.policyRequired)),
            ("pack", mapping(PolicyKeys.pack, required: PolicyKeys.packRequired)),
            ("inclusion", mapping(PolicyKeys.inclusion, required: PolicyKeys.inclusionRequired)),
            ("phase", mapping(PolicyKeys.phase, required: [])),
            ("then_phase", mapping(PolicyKeys.thenPhase, required: [])),
            ("categories", categories(["anyOf": orIgnore("category")])),
            ("category", mapping(PolicyKeys.category, required: [], "category")),
            ("anomaly", mapping(PolicyKeys.anomaly, required: PolicyKeys.anomalyRequired, "anomaly")),
            ("stream", mapping(PolicyKeys.stream, required: [], "stream")),
            ("rule", mapping(PolicyKeys.rule, required: PolicyKeys.ruleRequired, "rule")),
            ("match", mapping(PolicyKeys.match, required: [], "match")),
            ("keyword", mapping(PolicyKeys.keyword, required: ["word"])),
            ("regex", mapping(PolicyKeys.regex, required: ["pattern"])),
            ("tests", mapping(PolicyKeys.tests, required: [], "tests")),
            ("exclude", mapping(PolicyKeys.exclude, required: [], "exclude")),
            ("override", mapping(PolicyKeys.override, required: PolicyKeys.overrideRequired)),
            ("when", mapping(PolicyKeys.when, required: [])),
            ("then", mapping(PolicyKeys.then, required: [], "then")),
            ("response", response),
            ("rewrite", rewrite),
            ("text", text(types: ["string", "number", "boolean"])),
            ("score", ["anyOf": [["type": "number", "minimum": 0, "maximum": 1], variable]]),
        ]
    }

    /// A mapping whose keys are those that the decoder reads.
    ///
    /// - Parameter place: which mapping it is, where a key means something else than elsewhere.
    private static func mapping(_ keys: [String], required: [String], _ place: String = "") -> SchemaValue {
        let members = keys.map { (key: $0, value: value(of: $0, in: place)) }
        return [
            "type": "object", "additionalProperties": false, "required": .list(required.map { .text($0) }),
            "properties": .object(members),
        ]
    }

    /// What a key takes.
    static func value(of key: String, in place: String) -> SchemaValue {
        switch (key, place) {
        case ("threshold", "anomaly"): whole(1...10_000)
        case ("action", "anomaly"): words(["block", "log"])
        case ("mode", "stream"): words(StreamPolicy.Mode.allCases.map(\.rawValue))
        case ("tokens", _): whole(2...4096)
        case ("milliseconds", _): whole(1...60_000)
        case ("bytes", _): whole(64...1 << 20)
        case ("requires", "rule"): categories(["$ref": "#/$defs/score"])
        case ("match", "rule"): ["$ref": "#/$defs/match"]
        case ("match", "tests"), ("pass", _): list(["$ref": "#/$defs/text"])
        case ("rules", "exclude"), ("requires", _), ("only", _), ("tags", _): list(["$ref": "#/$defs/text"])
        case ("categories", "exclude"), ("vetoes", _): list(words(HarmCategory.allCases.map(\.rawValue)))
        case ("categories", _): ["$ref": "#/$defs/categories"]
        case ("input", "then"), ("output", "then"): ["anyOf": orIgnore("then_phase")]
        case ("input", _), ("output", _): ["anyOf": orIgnore("phase")]
        case ("overall", _), ("others", _): ["anyOf": orIgnore("category")]
        case ("anomaly", _): ["anyOf": orIgnore("anomaly")]
        case ("defaults", _): ["$ref": "#/$defs/category"]
        case ("version", _): ["enum": [1, "1"]]
        case ("mode", _): words(Policy.Mode.allCases.map(\.rawValue))
        case ("definitions", _): ["type": "object"]
        case ("include", _): list(["anyOf": [["$ref": "#/$defs/text"], ["$ref": "#/$defs/inclusion"]]])
        case ("stream", _), ("exclude", _), ("when", _), ("then", _), ("tests", _), ("response", _), ("rewrite", _):
            ["$ref": .text("#/$defs/\(key)")]
        case ("rules", _): list(["$ref": "#/$defs/rule"])
        case ("overrides", _): list(["$ref": "#/$defs/override"])
        case ("paranoia", _): whole(1...4)
        case ("media", _): words(MediaHandling.allCases.map(\.rawValue))
        case ("roles", _): list(words(Role.allCases.map(\.rawValue)))
        case ("phases", _): list(words(Phase.allCases.map(\.rawValue)))
        case ("category", _): words(HarmCategory.allCases.map(\.rawValue))
        case ("action", _): words(Action.allCases.map(\.rawValue))
        case ("severity", _): words(Severity.allCases.map(\.rawValue))
        case ("on_failure", _): words(CategoryPolicy.FailureMode.allCases.map(\.rawValue))
        case ("checksum", _): words(Checksum.allCases.map(\.rawValue))
        case ("threshold", _), ("sample", _): ["$ref": "#/$defs/score"]
        case ("ignore_case", _), ("expand", _): ["type": "boolean"]
        case ("keywords", _): list(["anyOf": [["$ref": "#/$defs/text"], ["$ref": "#/$defs/keyword"]]])
        case ("regex", _): list(["anyOf": [["$ref": "#/$defs/text"], ["$ref": "#/$defs/regex"]]])
        case ("route", _), ("model", _), ("tenant", _):
            ["anyOf": [["$ref": "#/$defs/text"], list(["$ref": "#/$defs/text"])]]
        case ("id", _):
            ["type": ["string", "number"], "pattern": "^[a-z0-9_.-]{1,64}$|\\$\\{", "not": ["const": "anomaly"]]
        default: ["$ref": "#/$defs/text"]
        }
    }

    private static var response: SchemaValue {
        [
            "anyOf": [
                words(["generated", "template", "error"]),
                [
                    "type": "object", "additionalProperties": false,
                    "required": .list(PolicyKeys.response.map { .text($0) }),
                    "properties": .object(PolicyKeys.response.map { ($0, ["$ref": "#/$defs/text"]) }),
                ],
            ]
        ]
    }

    private static var rewrite: SchemaValue {
        [
            "anyOf": [
                words(PolicyKeys.rewrite.filter { $0 != "replace" }),
                [
                    "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
                    "properties": .object(PolicyKeys.rewrite.map { ($0, ["$ref": "#/$defs/text"]) }),
                ],
            ]
        ]
    }

    private static func categories(_ value: SchemaValue) -> SchemaValue {
        [
            "type": "object", "additionalProperties": false,
            "properties": .object(HarmCategory.allCases.map { ($0.rawValue, value) }),
        ]
    }

    private static func list(_ item: SchemaValue) -> SchemaValue { ["type": "array", "minItems": 1, "items": item] }

    private static func text(types: [String]) -> SchemaValue {
        ["type": .list(types.map { .text($0) }), "pattern": "\\S"]
    }

    private static func words(_ words: [String]) -> SchemaValue {
        ["anyOf": [["enum": .list(words.map { .text($0) })], variable]]
    }

    private static func whole(_ range: ClosedRange<Int>) -> SchemaValue {
        [
            "anyOf": [
                ["type": "integer", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)],
                variable,
            ]
        ]
    }

    /// What the environment gives is known only where the policy runs.
    private static let variable: SchemaValue = ["type": "string", "pattern": "\\$\\{[A-Za-z_]"]

    /// A part of the schema, or the word that says: not judged.
    private static func orIgnore(_ name: String) -> SchemaValue {
        [["$ref": .text("#/$defs/\(name)")], ["const": "ignore"]]
    }
}
