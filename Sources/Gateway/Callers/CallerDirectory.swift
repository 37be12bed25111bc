import ChatAPI
import Foundation
import Listening
import NIOCore
import NIOHTTP1
import Synchronization
import TLS

/// Who is asking: known by a key, or by what is shown to the upstream alone, or by an address.
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
    private let passesOnCredentials: Bool

    /// - Parameter passesOnCredentials: whether the upstream gets what callers show, where there are no keys. If not, nobody looks at
    ///   it, and it tells no callers apart.
    init(_ keys: CallerKeys? = nil, passesOnCredentials: Bool = true) {
        self.keys = Mutex(keys)
        self.passesOnCredentials = passesOnCredentials
    }

    /// Whether callers must show a key of this gateway.
    var hasKeys: Bool { keys.withLock { $0 != nil } }

    /// Takes the keys of a file that was read again. Exchanges under way are not touched.
    func replace(_ new: CallerKeys) { keys.withLock { $0 = new } }

    /// - Parameters:
    ///   - target: what is asked for, which may show a key as well.
    ///   - form: the API that is spoken: where it looks for keys comes first.
    ///   - address: of the client, without the port; nil if it has none, as on a unix socket.
    /// - Throws: `ChatAPIError` with status 401 for want of a key that is known.
    func identify(
        _ headers: HTTPHeaders,
        target: String,
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
        // Whoever shows ever new keys is somebody else each time only if the upstream looks at them, and at nothing else. Without an
        // address nothing else tells those apart for whom a proxy of this machine speaks.
        if let credential, let hash, address == nil || isLookedAt(credential, in: headers, target) {
            return CallerIdentity(account: "shown \(hash)")
        }
        return CallerIdentity(account: "address \(Self.network(of: address))")
    }

    /// Whether this key is what the upstream takes the request's sender for.
    private func isLookedAt(_ credential: String, in headers: HTTPHeaders, _ target: String) -> Bool {
        passesOnCredentials && !Self.showsMore(than: credential, headers) && !Self.hasKey(in: target)
    }

    /// Whether a target has a key in its query, as Gemini's API takes one.
    static func hasKey(in target: String) -> Bool {
        guard let query = target.split(separator: "?", maxSplits: 1).dropFirst().first else { return false }
        return query.split(separator: "&").contains { ($0.removingPercentEncoding ?? "").hasPrefix("key=") }
    }

    /// The key that a request shows.
    static func credential(_ headers: HTTPHeaders, form: ErrorForm) -> String? {
        let fields = [form.credentialField] + ErrorForm.allCases.map(\.credentialField)
        for field in fields {
            if let key = headers.first(name: field).flatMap({ Self.key($0, in: field) }) { return key }
        }
        return nil
    }

    /// The key in a field's value; nil if there is none.
    private static func key(_ value: String, in field: String) -> String? {
        let isSchemed = field == "authorization"
        guard !isSchemed || value.prefix(7).lowercased() == "bearer " else { return nil }
        let key = value.dropFirst(isSchemed ? 7 : 0).drop { $0 == " " }
        return key.isEmpty ? nil : String(key)
    }

    /// Whether a request shows anything else that an upstream may look at in place of this key.
    private static func showsMore(than credential: String, _ headers: HTTPHeaders) -> Bool {
        ErrorForm.allCases.map(\.credentialField).contains { field in
            headers[field].contains { !$0.isEmpty && Self.key($0, in: field) != credential }
        }
    }

    /// What of an address one caller has: a subscriber is given a /64 of IPv6.
    private static func network(of address: String?) -> String {
        guard let address else { return "unknown" }
        guard let known = IPAddress(String(address.prefix { $0 != "%" })) else { return address }
        return known.family == .v4 ? known.description : "\(String(known.value >> 64, radix: 16))/64"
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
