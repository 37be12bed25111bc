/// `safeguard.json`: how safeguard responses are written. Made by the training recipe.
struct SafeguardManifest: Decodable, Sendable {
    var format: Int
    var name: String
    var trunkSHA256: String
    var weights: String
    var weightsSHA256: String
    /// The first block, from 0, that the adapter changes.
    ///
    /// Above the detection layer the heads read the trunk as it is; at or below it they were trained with the adapter.
    var firstLayer: Int
    var rank: Int
    /// Factor of the low-rank change.
    var scale: Double
    /// Tokens that a response may take.
    var maxTokens: Int
    /// 0 is greedy.
    var temperature: Double
    /// A response that the detector itself scores at or above this is not sent.
    var detectorLimit: Double?
}
