import Listening
import Logging
import NIOCore
import Upstream

/// Reads the PROXY header of a trusted peer's connection, and then has the connection served as its client's.
///
/// Nothing is served before the header is whole, and it has as long as a request's head.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler, WorkerConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Stage: UInt8 {
        case header
    }

    private let worker: ProxyWorker
    private let serve: (any Channel, SocketAddress?) throws -> Void
    private let timer: StageTimer
    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var isOver = false

    /// - Parameter serve: adds the handlers that come after this one.
    init(worker: ProxyWorker, serve: @escaping (any Channel, SocketAddress?) throws -> Void) {
        self.worker = worker
        self.serve = serve
        self.timer = StageTimer(eventLoop: worker.eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.worker.add(self)
        self.timer.onExpiry = { [weak self] _ in self?.fail("it did not come in time") }
        self.timer.stage(Stage.header, in: self.worker.configuration.limits.headerTime)
        if context.channel.isActive { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer.stop()
        self.context = nil
        self.worker.remove(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return context.fireChannelRead(data) }
        var bytes = Self.unwrapInboundIn(data)
        self.received.writeBuffer(&bytes)
        let answer = self.received.withUnsafeReadableBytes { bytes in
            Result { () throws(ProxyHeaderError) in try ProxyHeader.read(bytes) }
        }
        do throws(ProxyHeaderError) {
            guard let (header, length) = try answer.get() else { return }
            self.received.moveReaderIndex(forwardBy: length)
            self.pass(header, context)
        } catch {
            self.fail("\(error)")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.isOver {
            context.fireChannelReadComplete()
        } else {
            context.read()
        }
    }

    private func pass(_ header: ProxyHeader, _ context: ChannelHandlerContext) {
        self.isOver = true
        self.timer.stop()
        var client = context.channel.remoteAddress
        if case .client(let endpoint) = header {
            client = try? SocketAddress(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))
        }
        do {
            // What the connection's own handlers ask to read must wait until they have been given what is here already.
            try self.serve(context.channel, client)
        } catch {
            self.worker.logger.error("A connection could not be set up", metadata: ["error": "\(error)"])
            return context.close(promise: nil)
        }
        if self.received.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(self.received)) }
        self.received = ByteBuffer()
        // The end of this read is passed on before the handler is gone.
        context.eventLoop.assumeIsolated().execute { [weak self] in
            guard let self, let context = self.context else { return }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    private func fail(_ reason: String) {
        guard !self.isOver else { return }
        self.isOver = true
        self.worker.metrics.countError(ProxyError.badProxyHeader.code)
        self.worker.logger.debug(
            "A trusted peer's connection had no PROXY header",
            metadata: ["peer": "\(self.context?.channel.remoteAddress?.description ?? "?")", "error": "\(reason)"]
        )
        self.context?.close(promise: nil)
    }

    func drain() {
        self.cut()
    }

    func cut() {
        // After the header the connection is in other hands.
        if !self.isOver { self.context?.close(promise: nil) }
    }
}

@available(*, unavailable)
extension ProxyHeaderHandler: Sendable {}
