/// `detection.json`: how the detection heads read the trunk. Written by the training recipe.
struct DetectionManifest: Decodable, Sendable {
    /// Where the features are taken from.
    enum Pooling: String, Decodable, Sendable {
        /// The state at the `<|pred|>` marker.
        case pred
        /// The state at the token before it, the end of the words that open the next turn.
        case turn
        /// The mean over the tokens of the text.
        case mean
    }

    /// How a pooled state is brought to a common size.
    enum Normalization: String, Decodable, Sendable {
        /// Divided by its root mean square, without a gain.
        case rms
    }

    /// Control tokens of the vocabulary that carry the markers; user text can never produce them.
    struct Markers: Decodable, Sendable {
        var pred: Int32
        var expl: Int32
        var harm: Int32
    }

    /// The words after the two turn markers, by role of the text: those that open its own turn, and those of the turn in which
    /// it is judged.
    struct Template: Decodable, Sendable {
        var prefix: String
        var suffix: String
    }

    /// Platt scaling: probability = sigmoid(a * logit + c).
    struct Calibration: Decodable, Sendable {
        var name: String
        var a: Double
        var c: Double
    }

    var format: Int
    var name: String
    var trunkSHA256: String
    var weights: String
    var weightsSHA256: String
    /// The adapter that the heads were trained on top of; nil if they read the trunk as it is.
    var adapterSHA256: String?
    /// The block, from 0, after which the states are read.
    var layer: Int
    var pooling: [Pooling]
    /// What is done to each pooled state before the head; nil is nothing.
    var normalization: Normalization?
    var markers: Markers
    var taxonomy: [String]
    var windowTokens: Int
    var windowOverlap: Int
    /// Tokens of the turns before the judged text that are read with it; nil is none.
    var contextTokens: Int?
    var templates: [String: Template]
    /// Overall harm first, then the taxonomy.
    var calibration: [Calibration]
}
