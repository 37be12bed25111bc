import NIOCore

/// Sends what the streams of one connection have written once the event loop has dealt with all that came, not stream by stream:
/// the answers of many streams then go out in one record of TLS and one call to the system.
final class FlushGathering: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private var isScheduled = false

    func flush(context: ChannelHandlerContext) {
        guard !self.isScheduled else { return }
        self.isScheduled = true
        context.eventLoop.assumeIsolated().execute {
            guard self.isScheduled else { return }
            self.isScheduled = false
            context.flush()
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.isScheduled = false
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard self.isScheduled else { return }
        self.isScheduled = false
        context.flush()
    }
}

@available(*, unavailable)
extension FlushGathering: Sendable {}
