/// The parts of a request that show the LLM something that is no text.
package enum MediaParts {
    /// The request without them.
    ///
    /// A part is the nearest item of a list around what is no text: one of the parts of a message, an image of a list of images.
    /// Of an item that is a whole turn only the member goes.
    ///
    /// - Throws: `ChatAPIError` if what is left is no request.
    package static func removed(from request: any DialectRequest) throws(ChatAPIError) -> any DialectRequest {
        let media = Set(request.unscanned.media)
        guard !media.isEmpty else { return request }
        return try request.removing { parts(around: media, in: $0) }
    }

    /// The places of the parts that hold what stands at `places`.
    static func parts(around places: Set<String>, in body: JSONObject) -> Set<String> {
        var parts: Set<String> = []
        func look(_ value: JSONValue, at pointer: String, part: String) {
            guard !places.contains(pointer) else {
                parts.insert(part)
                return
            }
            switch value {
            case .array(let items):
                for (index, item) in items.enumerated() {
                    look(item, at: "\(pointer)/\(index)", part: "\(pointer)/\(index)")
                }
            case .object(let object):
                // A member of the body, or of a turn, stands for itself until there is an item within it.
                let isTurn = part.isEmpty || object["role"] != nil
                for member in object.members {
                    let place = pointer + "/" + JSONPointer.escaped(member.name)
                    look(member.value, at: place, part: isTurn ? place : part)
                }
            case .null, .bool, .number, .string: return
            }
        }
        look(.object(body), at: "", part: "")
        return parts
    }
}
