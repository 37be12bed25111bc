import ChatAPI
import Foundation

/// What a model wrote, and what else it could have written.
struct Completion: Sendable, Equatable {
    /// A token that could have been written at a place, and its probability.
    struct Candidate: Sendable, Equatable {
        var text: String
        /// 0...1.
        var probability: Double
    }

    /// A token that was written.
    struct Position: Sendable, Equatable {
        var token: String
        /// The likeliest tokens of the place, the written one among them or not.
        var candidates: [Candidate]
    }

    var text: String
    /// Empty where the server gave no probabilities.
    var positions: [Position] = []
}

extension Completion {
    /// What an answer may hold. A server that writes without end would otherwise cost memory and time.
    private static var limits: JSONLimits {
        var limits = JSONLimits()
        limits.bytes = 256 << 10
        limits.depth = 16
        limits.values = 20_000
        limits.numbers = 20_000
        return limits
    }

    /// Reads the answer of `/v1/chat/completions` or `/v1/completions`.
    ///
    /// Probabilities come in two forms: a list of `content` with the candidates of each token (chat, and llama.cpp's server
    /// for both), and parallel lists of tokens and of objects (the older form). One that is damaged makes the answer
    /// unreadable: who lies about one thing is not believed in another.
    ///
    /// - Throws: `EngineFailure.unreadable`.
    init(parsing bytes: [UInt8]) throws(EngineFailure) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(bytes, limits: Self.limits)
        } catch {
            throw .unreadable("it is not JSON")
        }
        guard let choice = value.object?["choices"]?.array?.first?.object else {
            throw .unreadable("it has no choice")
        }
        // A model that thinks has its thoughts elsewhere, and no content until it has ended.
        guard let text = choice["message"]?.object?["content"]?.string ?? choice["text"]?.string else {
            throw .unreadable("its choice has no text")
        }
        self.text = text
        if let logprobs = choice["logprobs"]?.object { positions = try Self.positions(logprobs) }
    }

    private static func positions(_ logprobs: JSONObject) throws(EngineFailure) -> [Position] {
        if let content = logprobs["content"]?.array {
            return try content.map { entry throws(EngineFailure) in
                guard let entry = entry.object, let token = entry["token"]?.string else {
                    throw .unreadable("a probability has no token")
                }
                let candidates = try (entry["top_logprobs"]?.array ?? []).map { item throws(EngineFailure) in
                    guard let item = item.object, let text = item["token"]?.string else {
                        throw .unreadable("a probability has no token")
                    }
                    return Candidate(text: text, probability: try probability(item["logprob"]))
                }
                return Position(token: token, candidates: candidates)
            }
        }
        guard let tokens = logprobs["tokens"]?.array, let lists = logprobs["top_logprobs"]?.array else { return [] }
        guard tokens.count == lists.count else { throw .unreadable("its tokens and probabilities differ in number") }
        return try zip(tokens, lists).map { token, list throws(EngineFailure) in
            guard let token = token.string else { throw .unreadable("a token is no text") }
            let candidates = try (list.object?.members ?? []).map { member throws(EngineFailure) in
                Candidate(text: member.name, probability: try probability(member.value))
            }
            return Position(token: token, candidates: candidates)
        }
    }

    /// The probability behind its natural logarithm; rounding may take that a little above zero.
    private static func probability(_ value: JSONValue?) throws(EngineFailure) -> Double {
        guard let logarithm = value?.double, logarithm <= 0.001 else {
            throw .unreadable("a probability is none")
        }
        return min(1, exp(logarithm))
    }
}
