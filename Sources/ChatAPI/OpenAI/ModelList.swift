/// The answer to `GET /v1/models`.
package struct ModelList: Sendable {
    package var models: [String]
    /// Seconds since 1970.
    package var created: Int

    package init(models: [String], created: Int) {
        self.models = models
        self.created = created
    }

    package var serialized: [UInt8] {
        let entries = models.map { name in
            JSONValue.object([
                "id": .string(name), "object": .string("model"), "created": .number(String(created)),
                "owned_by": .string("guardian"),
            ])
        }
        return JSONWriter.bytes(.object(["object": .string("list"), "data": .array(entries)]))
    }
}
