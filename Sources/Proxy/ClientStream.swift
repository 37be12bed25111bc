import NIOCore
import NIOHTTP1

/// The client's side of one exchange, as its session sees it: an answer goes in, in order, and the rest is the
/// connection's business. All calls are made on the connection's event loop.
protocol ClientStream: AnyObject {
    /// What is held on account of the connection.
    var bufferAccount: BufferAccount { get }
    /// False while the client does not take what was sent.
    var isWritable: Bool { get }

    /// Tells a client that waits for it to send its body.
    func sendContinue()
    /// Starts the answer.
    ///
    /// - Parameters:
    ///   - length: of the body in bytes; nil if it is not known yet.
    ///   - closes: close the connection after the answer.
    func send(_ head: HTTPResponseHead, length: Int?, closes: Bool)
    /// Sends a piece of the body; ignored where the answer has none.
    func send(_ chunk: ByteBuffer)
    func flush()
    /// Ends the answer.
    func end()
    /// Ends the answer where it is, so that the client can tell that it is not whole.
    func truncate()
    /// More of the body is of use now.
    func bodyWanted()
    /// Nothing of the body is of use any more.
    func bodyUnwanted()
}
