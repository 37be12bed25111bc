import Foundation

/// What is fed with arbitrary bytes. A target may refuse its input, and nothing else: a trap, a read outside the input, an
/// untyped error or a property that does not hold is a finding.
enum FuzzTarget: String, CaseIterable {
    /// GGUF files: metadata, tensors, and the model if there is one.
    case gguf
    /// Safetensors files.
    case safetensors
    /// The tokenizer in a GGUF file's metadata.
    case vocabulary
    /// Bytes to encode as text.
    case text
    /// Packed model files, their digest taken to be right.
    case packed
    /// A text to be read in all ways, and rules on it.
    case views
    /// A regular expression, a line feed and a text.
    case matcher
    /// A policy file.
    case policy
    /// The first bytes of a connection that a proxy passes on.
    case proxy
    /// What comes from the network on a TLS connection.
    case tls
    /// A client's HTTP/1 connection.
    case http1
    /// A body in gzip.
    case gzip
    /// A text to be packed as gzip.
    case deflate
    /// A stream of server-sent events.
    case events
    /// A request of an LLM API.
    case requests
    /// An answer of an LLM API.
    case answers
    /// The same as a stream.
    case streams

    /// - Returns: whether the input was what the target reads.
    func accepts(_ input: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .gguf: Self.readGGUF(input)
        case .safetensors: Self.readSafetensors(input)
        case .vocabulary: Self.readVocabulary(input)
        case .text: Self.encode(input)
        case .packed: Self.readPacked(input)
        case .views: Self.readViews(input)
        case .matcher: Self.match(input)
        case .policy: Self.readPolicy(input)
        case .proxy: Self.readProxyHeader(input)
        case .tls: Self.readTLS(input)
        case .http1: Self.serveHTTP1(input)
        case .gzip: Self.unpack(input)
        case .deflate: Self.pack(input)
        case .events: Self.readEvents(input)
        case .requests: Self.readRequest(input)
        case .answers: Self.readAnswer(input)
        case .streams: Self.readStream(input)
        }
    }

    /// Small inputs without fault, to begin from.
    func seeds() throws -> [Data] {
        switch self {
        case .gguf: [FuzzSeeds.model(type: 0), FuzzSeeds.model(type: 2), FuzzSeeds.model(type: 8)]
        case .safetensors: FuzzSeeds.safetensors
        case .vocabulary: [FuzzSeeds.vocabulary]
        case .text: FuzzSeeds.texts.map { Data($0.utf8) }
        case .packed: [try FuzzSeeds.packed(exitDepth: 1)]
        case .views: FuzzSeeds.views.map { Data($0.utf8) }
        case .matcher: FuzzSeeds.patterns.map { Data($0.utf8) }
        case .policy: FuzzSeeds.policies.map { Data($0.utf8) }
        case .proxy: FuzzSeeds.proxyHeaders
        case .tls: FuzzSeeds.handshakes()
        case .http1: FuzzSeeds.conversations.map { Data($0.utf8) }
        case .gzip: FuzzSeeds.packedTexts
        case .deflate: FuzzSeeds.texts.map { Data($0.utf8) }
        case .events: FuzzSeeds.events
        case .requests: try FuzzSeeds.requests()
        case .answers: try FuzzSeeds.answers()
        case .streams: try FuzzSeeds.streams()
        }
    }
}
