import ChatAPI
import NIOCore
import NIOHTTP1
import Proxy

extension GuardSession {
    /// Judges what the upstream says in place of an answer. What is harmless goes on as it came, with its status and head.
    func judge(error body: ByteBuffer, head: HTTPResponseHead) async -> ResponseOutcome {
        guard body.readableBytes > 0 else { return .forward(head: head, body: body) }
        let item = Self.item(of: body)
        let answer: any DialectAnswer
        do throws(ChatAPIError) {
            answer = try read(item ?? body, isStream: false, requiresEnd: true).answer
        } catch {
            return .reply(unreadable(head))
        }
        let outcome = await judge(answer, head: head, stream: nil)
        guard case .forward(let judged, let written) = outcome else { return outcome }
        // Nothing was edited: no reader takes these bytes for anything but the value that was judged.
        guard written != ByteBuffer(bytes: answer.serialized) else { return .forward(head: judged, body: body) }
        guard item != nil else { return outcome }
        return .forward(head: judged, body: ByteBuffer(string: "[\(String(buffer: written))]"))
    }

    /// What stands between the brackets where the body is a list: Google puts an error into one, alone, where a caller asked for a stream
    /// that is a list itself, and so do its paths for OpenAI's clients.
    private static func item(of body: ByteBuffer) -> ByteBuffer? {
        let bytes = body.readableBytesView
        func isNoSpace(_ byte: UInt8) -> Bool { ![0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        guard let first = bytes.firstIndex(where: isNoSpace), bytes[first] == UInt8(ascii: "["),
            let last = bytes.lastIndex(where: isNoSpace), bytes[last] == UInt8(ascii: "]")
        else { return nil }
        return ByteBuffer(bytes[(first + 1)..<last])
    }

    /// What stands in place of an error that cannot be read, such as a page of HTML, or be held: its status, and what its head says.
    func unreadable(_ head: HTTPResponseHead) -> LocalReply {
        let status = Int(head.status.code)
        let error = ChatAPIError(
            status: status,
            message: "The upstream answered with status \(status). What it says about it cannot be checked, "
                + "and is not passed on.",
            type: "upstream_error",
            code: "upstream_error_unreadable"
        )
        var headers = head.headers
        headers.replaceOrAdd(name: "content-type", value: "application/json")
        headers.remove(name: "content-encoding")
        return LocalReply(
            status: head.status,
            headers: headers,
            body: .bytes(ByteBuffer(bytes: errors.body(of: error)))
        )
    }
}
