/// The parts of a request that show the LLM something that is no text.
package enum MediaParts {
    /// The request without them, read anew.
    ///
    /// A part is the nearest item of a list around what is no text: one of the parts of a message, an image of a list of images.
    /// Of an item that is a whole turn only the member goes.
    ///
    /// - Throws: `ChatAPIError` if what is left is no request.
    package static func removed(
        from request: any DialectRequest,
        of dialect: any Dialect
    ) throws(ChatAPIError) -> any DialectRequest {
        guard let body = try? JSONParser.parse(request.serialized) else { return request }
        let parts = Set(request.unscanned.media.map { part(around: $0, in: body) })
        guard !parts.isEmpty, let object = body.object else { return request }
        return try dialect.request(parsing: JSONWriter.bytes(.object(object.removing(parts))))
    }

    /// The place of the part that holds the string at `place`.
    static func part(around place: String, in body: JSONValue) -> String {
        var (value, pointer, part) = (body, "", "")
        for token in place.split(separator: "/").map(String.init) {
            pointer += "/" + token
            switch value {
            case .array(let items):
                guard let index = Int(token), items.indices.contains(index) else { return place }
                value = items[index]
                part = pointer
            case .object(let object):
                // A member of the body, or of a turn, stands for itself until there is an item within it.
                if part.isEmpty || object["role"] != nil { part = pointer }
                guard let next = object.members.first(where: { JSONPointer.escaped($0.name) == token }) else {
                    return place
                }
                value = next.value
            default: return place
            }
        }
        return part
    }
}
