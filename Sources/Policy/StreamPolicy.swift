/// What holds for streamed answers.
package struct StreamPolicy: Sendable, Equatable {
    /// How a streamed answer travels.
    package enum Mode: String, Sendable, CaseIterable {
        /// It flows on, held back by a little and judged before it goes out.
        case window
        /// It is held to its end and judged whole.
        case full
        /// It flows on unjudged, and is judged and recorded at its end.
        case observe
    }

    package var mode: Mode
    package var holdBack: HoldBack

    package init(mode: Mode = .window, holdBack: HoldBack = HoldBack()) {
        self.mode = mode
        self.holdBack = holdBack
    }
}
