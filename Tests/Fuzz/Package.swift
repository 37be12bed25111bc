// swift-tools-version: 6.2
import PackageDescription

// Fuzzing the readers, in a package of its own: everything in it is built with libFuzzer's and AddressSanitizer's
// instrumentation (see `run`). The rooms are symbolic links, so that `package` access works as it does in the main package,
// whose test target `FuzzTests` replays what was found from the same targets.

let nio = "swift-nio"
let nioCore: Target.Dependency = .product(name: "NIOCore", package: nio)
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: nio)
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: nio)
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: nio)
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: nio)
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "guardian-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "COpenSSLShims", dependencies: ["COpenSSL"]),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "GuardCore"),
        .target(name: "Listening"),
        .target(name: "Deflate"),
        .target(name: "TLS", dependencies: ["COpenSSL", "COpenSSLShims", nioCore, nioTLS]),
        .target(name: "Upstream", dependencies: ["TLS", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioTLS, logging]),
        .target(
            name: "Proxy",
            dependencies: [
                "Deflate", "Listening", "TLS", "Upstream", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK, nioTLS,
                logging,
            ]
        ),
        .target(name: "Policy", dependencies: ["GuardCore"]),
        .target(name: "PolicyLanguage", dependencies: ["CLibYAML", "GuardCore", "Policy"]),
        .target(name: "ChatAPI", dependencies: ["GuardCore"]),
        .target(name: "Rules", dependencies: ["GuardCore", "Policy"]),
        .target(name: "Tokenizer"),
        .target(name: "Transformer", dependencies: ["CKernels"]),
        .target(name: "GuardianModel", dependencies: ["GuardCore", "Tokenizer", "Transformer"]),
        // libFuzzer brings `main`.
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "ChatAPI", "Deflate", "GuardCore", "GuardianModel", "Listening", "Policy", "PolicyLanguage", "Proxy",
                "Rules", "TLS", "Tokenizer", "Transformer", nioCore, nioEmbedded, nioHTTP1, logging,
            ],
            path: ".",
            exclude: ["Corpus", "Replay", "Sources", "run", "words.dict"],
            sources: ["Runner", "Targets"]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let cTargets: Set = ["CKernels", "COpenSSLShims"]
for target in package.targets where target.type != .system && !cTargets.contains(target.name) {
    target.swiftSettings = swiftSettings
}
