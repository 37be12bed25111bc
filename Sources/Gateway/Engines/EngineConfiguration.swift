package import Engines

extension GatewayConfiguration {
    /// A guard model behind servers of OpenAI's API.
    package struct Engine: Sendable, Equatable {
        package var name: String
        package var settings: RemoteEngine.Settings
        package var api: UpstreamAPI
        /// After this long without an answer a second server is asked; nil waits for the first.
        package var hedgeAfter: Duration?
        /// Questions under way to it; one more fails as overloaded.
        package var queue = 256

        package init(name: String, settings: RemoteEngine.Settings, api: UpstreamAPI) {
            self.name = name
            self.settings = settings
            self.api = api
        }
    }

    /// Which engines judge, and how their scores become one.
    package struct Judge: Sendable, Equatable {
        /// What the engine inside the gateway is called.
        package static let embedded = "embedded"

        package struct Voice: Sendable, Equatable {
            package var name: String
            package var weight = 1

            package init(_ name: String, weight: Int = 1) {
                self.name = name
                self.weight = weight
            }
        }

        /// At least one.
        package var voices = [Voice(embedded)]
        package var rule = EngineEnsemble.Rule.any

        package init() {}
    }
}
