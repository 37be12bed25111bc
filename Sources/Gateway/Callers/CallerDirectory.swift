import ChatAPI
import NIOCore
import NIOHTTP1
import Synchronization
import TLS

/// Who is asking: known by a key, or by what is shown to the upstream, or by an address.
struct CallerIdentity: Sendable, Equatable {
    /// What limits are counted by; never a key.
    var account: String
    /// The holder of a key of this gateway; nil where the gateway has no keys.
    var caller: Caller?
}

/// Tells callers apart by what they show.
final class CallerDirectory: Sendable {
    /// nil where the gateway has no keys of its own and passes on what callers show.
    private let keys: Mutex<CallerKeys?>

    init(_ keys: CallerKeys? = nil) { self.keys = Mutex(keys) }

    /// Whether callers must show a key of this gateway.
    var hasKeys: Bool { keys.withLock { $0 != nil } }

    /// Takes the keys of a file that was read again. Exchanges under way are not touched.
    func replace(_ new: CallerKeys) { keys.withLock { $0 = new } }

    /// - Parameters:
    ///   - form: the API that is spoken: where it looks for keys comes first.
    ///   - address: of the client, without the port.
    /// - Throws: `ChatAPIError` with status 401 for want of a key that is known.
    func identify(
        _ headers: HTTPHeaders,
        form: ErrorForm,
        address: String?
    ) throws(ChatAPIError) -> CallerIdentity {
        let credential = Self.credential(headers, form: form)
        let hash = credential.flatMap { try? Digest.sha256Hex(of: Array($0.utf8)) }
        let known: (keys: Bool, caller: Caller?) = keys.withLock { keys in
            (keys != nil, hash.flatMap { keys?.callers[$0] })
        }
        if let caller = known.caller { return CallerIdentity(account: "key \(caller.name)", caller: caller) }
        guard !known.keys else { throw credential == nil ? Self.noKey(form) : Self.wrongKey(form) }
        if let hash { return CallerIdentity(account: "shown \(hash)") }
        return CallerIdentity(account: "address \(address ?? "unknown")")
    }

    /// The key that a request shows.
    static func credential(_ headers: HTTPHeaders, form: ErrorForm) -> String? {
        let fields = [form.credentialField] + ErrorForm.allCases.map(\.credentialField)
        for field in fields {
            guard let value = headers.first(name: field) else { continue }
            let scheme = value.prefix(7).lowercased()
            let key = field == "authorization" ? (scheme == "bearer " ? value.dropFirst(7) : "") : value[...]
            let trimmed = key.drop { $0 == " " }
            if !trimmed.isEmpty { return String(trimmed) }
        }
        return nil
    }

    private static func noKey(_ form: ErrorForm) -> ChatAPIError {
        let place =
            form.credentialField == "authorization" ? "as Authorization: Bearer KEY" : "in \(form.credentialField)"
        return unauthorized("This gateway asks for a key of its own: send it \(place).")
    }

    private static func wrongKey(_ form: ErrorForm) -> ChatAPIError {
        unauthorized("The key is not one of this gateway's.")
    }

    private static func unauthorized(_ message: String) -> ChatAPIError {
        ChatAPIError(status: 401, message: message, type: "invalid_request_error", code: "invalid_api_key")
    }
}
