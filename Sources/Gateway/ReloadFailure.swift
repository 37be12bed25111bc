/// Why files could not be used when they were read again.
struct ReloadFailure: Sendable {
    /// How long they are left alone then, unless they change: what was in the way may pass and leave no trace on them, as a disk that did
    /// not answer or too many open files do.
    static let pause = Duration.seconds(60)

    let text: String
    private let time = ContinuousClock.now

    init(_ error: GatewayError) { text = "\(error)" }

    func isOlder(than pause: Duration) -> Bool { ContinuousClock.now - time >= pause }
}
