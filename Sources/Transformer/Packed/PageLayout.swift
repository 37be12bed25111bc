import CKernels

/// Where things are in a page: the memory of 32 consecutive tokens of one sequence.
///
/// [layer][kv head]: keys as float16 [head width][32], then values as float16 [32][head width]; behind the layers the residual
/// stream after the exit depth, float32 [32][width]. Keys lie transposed, so that one vector holds a component of all of the
/// page's keys.
///
/// What a page holds depends only on its sequence's tokens up to and including its own, never on how they were batched, so
/// sequences with equal beginnings can share it.
package struct PageLayout: Sendable, Hashable {
    /// Tokens of a page.
    package static let tokens = Int(CK_PAGE_TOKENS)
    /// A page's address is a multiple of this.
    package static let alignment = 64

    /// Bytes of one layer's keys and values.
    let layerBytes: Int
    /// Bytes from the page's start to the residuals.
    let residualOffset: Int
    /// Floats of one token's residual.
    let width: Int

    package init(_ configuration: LlamaConfiguration) {
        layerBytes = 2 * Self.tokens * configuration.kvWidth * MemoryLayout<UInt16>.stride
        residualOffset = configuration.layers * layerBytes
        width = configuration.width
    }

    package var byteCount: Int { residualOffset + Self.tokens * width * MemoryLayout<Float>.stride }

    /// Pages that hold `tokens` tokens.
    package static func pages(for tokens: Int) -> Int { (tokens + Self.tokens - 1) / Self.tokens }

    /// The residual stream of a page's token after the exit depth, `width` floats.
    ///
    /// - Parameter row: 0..<32.
    package func residual(_ page: UnsafeMutableRawPointer, row: Int) -> UnsafeMutablePointer<Float> {
        (page + residualOffset).assumingMemoryBound(to: Float.self) + row * width
    }
}
