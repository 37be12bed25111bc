import ChatAPI
import Foundation
import GuardianModel
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Proxy
import TLS
import Transformer

/// The unmodified trunk behind an OpenAI-compatible endpoint: a real LLM for the demo and the tests, without a key.
package final class DemoUpstream: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let server: ProxyServer

    /// - Parameter model: a packed file.
    /// - Throws: `GatewayError` if the model cannot be loaded.
    package init(
        model: String,
        address: GatewayConfiguration.Address,
        threads: Int,
        logger: Logger
    ) async throws {
        let file: PackedModelFile
        do throws(ModelFileError) {
            file = try PackedModelFile(path: model, digest: { try Digest.sha256Hex(of: $0) })
        } catch {
            throw GatewayError(.init(error), "\(error). Make it with make model, or give --model.")
        }
        let generator: ChatGenerator
        do throws(ModelFileError) {
            generator = try ChatGenerator(file, threads: threads)
        } catch {
            throw GatewayError(.model, "\(error)")
        }
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        server = try await ProxyServer(
            configuration: ProxyConfiguration(listeners: [.init(host: address.host, port: address.port)]),
            filter: DemoFilter(generator: generator),
            group: group,
            logger: logger
        )
    }

    /// - Returns: the port that is listened at.
    package func start() async throws -> Int {
        try await server.start().first?.port ?? 0
    }

    package func shutdown() async throws {
        await server.shutdown(deadline: .now() + .seconds(2))
        try await group.shutdownGracefully()
    }
}

private final class DemoFilter: ProxyFilter {
    /// The name the model goes by.
    static let model = "smollm2-135m-instruct"
    let generator: ChatGenerator

    init(generator: ChatGenerator) { self.generator = generator }

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        switch Endpoint(method: head.method.rawValue, path: head.uri) {
        case .guarded(let dialect) where dialect is ChatCompletions:
            return DemoSession(generator: generator, requestID: client.requestID)
        case .passed:
            let list = ModelList(models: [Self.model], created: Int(Date().timeIntervalSince1970))
            return LocalSession(reply: .json(list.serialized))
        case .guarded, .moderations, nil:
            let error = ChatAPIError(status: 404, message: "Unknown path.", type: "invalid_request_error")
            return LocalSession(reply: .json(ErrorForm.openAI.body(of: error), status: .notFound))
        }
    }
}

/// One chat completion by the demo's model.
private final class DemoSession: FilterSession {
    private let generator: ChatGenerator
    private let requestID: String

    init(generator: ChatGenerator, requestID: String) {
        self.generator = generator
        self.requestID = requestID
    }

    func begin() -> RequestStart { .inspect(limit: 4 << 20) }

    func request(body: ByteBuffer) async -> RequestOutcome {
        do throws(ChatAPIError) {
            return .reply(answer(try ChatCompletionRequest(parsing: Array(body.readableBytesView))))
        } catch {
            return .reply(.json(ErrorForm.openAI.body(of: error), status: HTTPResponseStatus(statusCode: error.status)))
        }
    }

    private func answer(_ request: ChatCompletionRequest) -> LocalReply {
        let writer = ChatCompletionWriter(
            id: "chatcmpl-\(requestID)",
            created: Int(Date().timeIntervalSince1970),
            model: request.model
        )
        let options = ChatGenerator.Options(
            maxTokens: min(request.maxTokens ?? 256, 2048),
            sampling: SamplingOptions(
                temperature: request.temperature ?? 0.2,
                topP: request.topP ?? 0.9,
                seed: UInt64(bitPattern: Int64(request.seed ?? 0))
            ),
            stop: request.stop
        )
        let (chunks, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let generator = generator
        let task = Task {
            let whole = TextSink()
            do {
                if request.isStream { continuation.yield(ByteBuffer(bytes: writer.start())) }
                let outcome = try await generator.answer(request.conversation, options: options) { text in
                    if request.isStream {
                        continuation.yield(ByteBuffer(bytes: writer.piece(text)))
                    } else {
                        whole.append(text)
                    }
                    return true
                }
                let usage = TokenUsage(prompt: outcome.promptTokens, completion: outcome.completionTokens)
                let finish: FinishReason = outcome.isCut ? .length : .stop
                let end =
                    request.isStream
                    ? writer.end(finish, usage: request.includesUsage ? usage : nil)
                    : writer.completion(whole.text, finish: finish, usage: usage)
                continuation.yield(ByteBuffer(bytes: end))
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return LocalReply(
            status: .ok,
            headers: ["content-type": request.isStream ? "text/event-stream" : "application/json"],
            body: .stream(chunks)
        )
    }

    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment { .pass }
    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
        .forward(head: head, body: body)
    }
    func observe(_ chunk: ByteBuffer) {}
    func finish(_ summary: ExchangeSummary) {}
}

extension LocalReply {
    static func json(_ bytes: [UInt8], status: HTTPResponseStatus = .ok) -> LocalReply {
        LocalReply(
            status: status,
            headers: ["content-type": "application/json"],
            body: .bytes(ByteBuffer(bytes: bytes))
        )
    }
}
