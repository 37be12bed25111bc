import COpenSSL

/// OpenSSL's queue of errors, of which every thread has one.
///
/// A thread serves many connections, and `SSL_get_error` looks into the queue to learn what became of a call. An
/// entry that somebody left behind would be blamed on the next connection, so the queue is cleared before every call
/// whose result is judged by it.
enum OpenSSLErrorQueue {
    /// One entry of the queue.
    struct Entry: Hashable {
        /// Which part of OpenSSL reported it, `ERR_LIB_SSL` for example.
        var library: Int32
        /// A number that only means something together with `library`.
        var reason: Int32
        /// The reason in OpenSSL's words.
        var text: String
    }

    static func clear() {
        ERR_clear_error()
    }

    /// Takes all entries off the queue, the oldest first, which is where the trouble began.
    static func drain() -> [Entry] {
        var entries: [Entry] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { return entries }
            let library = ERR_GET_LIB(code)
            let reason = ERR_GET_REASON(code)
            let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(library):\(reason)"
            entries.append(Entry(library: library, reason: reason, text: text))
        }
    }

    /// Takes all entries off the queue and tells them in one line.
    static func drainText() -> String {
        let entries = self.drain()
        return entries.isEmpty ? "no reason given" : entries.map(\.text).joined(separator: "; ")
    }
}
