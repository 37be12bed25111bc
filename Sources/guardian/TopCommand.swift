import ArgumentParser
import Foundation
import Gateway

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show what a running gateway is doing, at a glance.",
        discussion: "Asks the admin listener, as the dashboard does. Into a pipe, or with --once, it prints once."
    )

    @Option(help: "host:port of the admin listener.")
    var admin = "127.0.0.1:9901"

    @Option(help: "The environment variable that holds the admin listener's token.")
    var tokenEnv: String?

    @Option(help: "Seconds from one look to the next.")
    var interval = 2.0

    @Option(help: "Minutes that are summed up.")
    var minutes = 5

    @Flag(help: "Print once and end.")
    var once = false

    func validate() throws {
        guard (0.2...3600).contains(interval) else { throw ValidationError("--interval is from 0.2 to 3600") }
        guard (1...129_600).contains(minutes) else { throw ValidationError("--minutes is from 1 to 129600") }
    }

    func run() async throws {
        do {
            let token = tokenEnv.flatMap { ProcessInfo.processInfo.environment[$0] }
            let client = try AdminClient(address: admin, token: token)
            guard !once, isatty(STDOUT_FILENO) == 1 else {
                try await output(screen(client))
                return
            }
            while true {
                let screen = try await screen(client)
                // Home, the text with each line's rest erased, and what is below erased: no flicker.
                try output("\u{1B}[H" + screen.replacingOccurrences(of: "\n", with: "\u{1B}[K\n") + "\u{1B}[J")
                try await Task.sleep(for: .seconds(interval))
            }
        } catch let problem as AdminClient.Problem {
            complain("error: \(problem)")
            throw ExitStatus.unavailable
        }
    }

    private func screen(_ client: AdminClient) async throws -> String {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let status = try decoder.decode(TopScreen.Status.self, from: try await client.get("/api/status"))
        let overview = try decoder.decode(
            TopScreen.Overview.self,
            from: try await client.get("/api/overview?minutes=\(minutes)")
        )
        return TopScreen(status: status, overview: overview, minutes: minutes).text
    }
}
