/// Reading the members of a request, with errors that name what is wrong.
extension JSONObject {
    /// - Parameter known: members that the gateway or common upstreams act on.
    /// - Throws: `ChatAPIError` with status 400: no JSON object, or a member that only differs from a known one in letter
    ///   case.
    init(request bytes: [UInt8], limits: JSONLimits, known: KnownMembers) throws(ChatAPIError) {
        guard bytes.count <= limits.bytes else { throw .tooLarge(limit: limits.bytes) }
        let body: JSONValue
        do throws(JSONError) {
            body = try JSONParser.parse(bytes, limits: limits)
        } catch {
            let code = error.isTooMuch ? "too_many_values" : "invalid_json"
            throw .invalidRequest("The body \(error.verdict).", code: code)
        }
        guard let object = body.object else {
            throw .invalidRequest("The body must be a JSON object, not \(body.kind).")
        }
        try object.refuseVariants(of: known)
        self = object
    }

    /// Refuses members that a decoder which ignores letter case could take for a known one: the guard would have read one
    /// value and the LLM another.
    ///
    /// - Parameter parameter: the place of this object, with a dot behind it.
    func refuseVariants(of known: KnownMembers, parameter: String = "") throws(ChatAPIError) {
        for member in members {
            guard let name = known.variant(member.name) else { continue }
            throw .invalidRequest(
                "'\(parameter)\(member.name)' differs from '\(name)' in letter case only: write '\(name)'.",
                code: "ambiguous_name",
                parameter: parameter + member.name
            )
        }
    }

    /// A member that is true, false, or left out.
    func flag(
        _ name: String,
        default fallback: Bool = false,
        parameter: String? = nil
    ) throws(ChatAPIError) -> Bool {
        switch self[name] ?? .null {
        case .null: return fallback
        case .bool(let flag): return flag
        default:
            let parameter = parameter ?? name
            throw .invalidRequest("'\(parameter)' must be true or false.", parameter: parameter)
        }
    }

    /// The most bytes of a model's name. Each event of an answer of our own repeats it, so that one of megabytes would be sent back
    /// hundreds of times; those of paths and cloud resources have a few hundred.
    static let longestModelName = 1024

    /// The name of the model that is asked for.
    func modelName() throws(ChatAPIError) -> String {
        guard let model = self["model"]?.string, !model.isEmpty else {
            throw .invalidRequest("'model' must be a non-empty string.", parameter: "model")
        }
        guard model.utf8.count <= Self.longestModelName else {
            throw .invalidRequest("'model' must have at most \(Self.longestModelName) bytes.", parameter: "model")
        }
        return model
    }

    /// A member that is a list with something in it.
    func items(_ name: String) throws(ChatAPIError) -> [JSONValue] {
        guard let items = self[name]?.array, !items.isEmpty else {
            throw .invalidRequest("'\(name)' must be a non-empty array.", parameter: name)
        }
        return items
    }

    /// An item of a list, which must be an object.
    static func item(_ value: JSONValue, parameter: String) throws(ChatAPIError) -> JSONObject {
        guard let object = value.object else {
            throw .invalidRequest("'\(parameter)' must be an object, not \(value.kind).", parameter: parameter)
        }
        return object
    }

    /// Without the members of these names.
    func without(_ names: Set<String>) -> JSONObject { JSONObject(members.filter { !names.contains($0.name) }) }
}
