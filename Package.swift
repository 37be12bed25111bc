// swift-tools-version: 6.2
import PackageDescription

// Rooms and their import rules. A target may import only what it lists here; the build is run with
// `--explicit-target-dependency-import-check error`, so an import that is not listed does not compile.
// Layers go down only: 0 (core, C), 1 (policy, tuning, engine, TLS), 2 (languages, models, dialects, upstream),
// 3 (proxy, guard, engines, audit, tracing), 4 (gateway), 5 (command line, benchmarks).

let nio = "swift-nio"
let nioCore: Target.Dependency = .product(name: "NIOCore", package: nio)
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: nio)
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: nio)
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: nio)
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: nio)
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "guardian",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "guardian", targets: ["guardian"])
    ],
    traits: [
        // Needs libpq-dev. Without it nothing of the build does.
        .trait(name: "PostgreSQL", description: "Decisions may be kept in PostgreSQL, through libpq.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    ],
    targets: [
        // Layer 0
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CPostgreSQL"),
        .target(name: "COpenSSLShims", dependencies: ["COpenSSL"]),
        .target(
            name: "CKernels",
            // Kernels are compiled optimised in debug builds too: an unoptimised matrix product is 30 times
            // slower and would make the tests unusable.
            cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]
        ),
        .target(name: "GuardCore"),

        // Layer 1
        .target(name: "Policy", dependencies: ["GuardCore"]),
        .target(name: "Tokenizer"),
        .target(name: "Tuning"),
        .target(name: "Transformer", dependencies: ["CKernels"]),
        .target(name: "TLS", dependencies: ["COpenSSL", "COpenSSLShims", nioCore, nioTLS]),
        .target(name: "Listening"),
        .target(name: "Deflate"),

        // Layer 2
        .target(name: "PolicyLanguage", dependencies: ["CLibYAML", "GuardCore", "Policy"]),
        .target(name: "Rules", dependencies: ["GuardCore", "Policy"]),
        .target(name: "GuardianModel", dependencies: ["GuardCore", "Tokenizer", "Transformer"]),
        .target(name: "ChatAPI", dependencies: ["GuardCore"]),
        .target(name: "Upstream", dependencies: ["TLS", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioTLS, logging]),

        // Layer 3
        .target(
            name: "Proxy",
            dependencies: [
                "Deflate", "Listening", "TLS", "Upstream", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK, nioTLS,
                logging,
            ]
        ),
        .target(name: "Guard", dependencies: ["GuardCore", "Policy", "Rules"]),
        .target(name: "Engines", dependencies: ["ChatAPI", "GuardCore"]),
        .target(name: "Audit", dependencies: ["Deflate", "GuardCore"]),
        .target(
            name: "DecisionStore",
            dependencies: [
                "Audit", "GuardCore", grdb, sqlite,
                .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
            ]
        ),
        .target(name: "Tracing", dependencies: [protobuf], exclude: ["OTLP/otlp.proto"]),

        // Layer 4
        .target(
            name: "Gateway",
            dependencies: [
                "Audit", "ChatAPI", "DecisionStore", "Engines", "Guard", "GuardCore", "GuardianModel", "Listening",
                "Policy", "PolicyLanguage", "Proxy", "Rules", "TLS", "Tokenizer", "Tracing", "Transformer", "Upstream",
                nioCore, nioPosix, nioHTTP1, logging,
            ],
            resources: [.embedInCode("Dashboard/Page")]
        ),

        // Layer 5
        .executableTarget(
            name: "guardian",
            dependencies: [
                "Audit", "Gateway", "Guard", "GuardCore", "GuardianModel", "Listening", "Policy", "PolicyLanguage",
                "Rules",
                "TLS", "Tokenizer", "Transformer", "Tuning", arguments, logging,
            ]
        ),
        .executableTarget(
            name: "guardian-bench",
            dependencies: [
                "Audit", "CKernels", "DecisionStore", "Gateway", "Guard", "GuardCore", "GuardianModel", "Policy",
                "Rules",
                "TLS", "Tokenizer", "Transformer", nioCore, nioPosix, nioHTTP1, nioTLS, arguments, logging,
            ]
        ),

        // Tests: one target per room.
        .testTarget(name: "GuardCoreTests", dependencies: ["GuardCore"]),
        .testTarget(name: "PolicyTests", dependencies: ["GuardCore", "Policy"]),
        .testTarget(
            name: "PolicyLanguageTests",
            dependencies: ["GuardCore", "Policy", "PolicyLanguage", "Rules"],
            exclude: ["Fixtures"]
        ),
        .testTarget(name: "RulesTests", dependencies: ["GuardCore", "Policy", "Rules"]),
        .testTarget(name: "TokenizerTests", dependencies: ["Tokenizer", "Transformer"], exclude: ["Fixtures"]),
        .testTarget(
            name: "TransformerTests",
            dependencies: ["CKernels", "Tokenizer", "Transformer"],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "GuardianModelTests",
            dependencies: ["GuardCore", "GuardianModel", "Tokenizer", "Transformer"],
            exclude: ["Fixtures"]
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "ChatAPI", "Deflate", "GuardCore", "GuardianModel", "Listening", "Policy", "PolicyLanguage", "Proxy",
                "Rules", "TLS", "Tokenizer", "Transformer", nioCore, nioEmbedded, nioHTTP1, logging,
            ],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "Package.swift", "Runner", "Sources", "run", "words.dict"],
            sources: ["Replay", "Targets"]
        ),
        .testTarget(
            name: "TLSTests",
            dependencies: ["COpenSSL", "COpenSSLShims", "TLS", nioCore, nioEmbedded, nioPosix, nioTLS]
        ),
        .testTarget(name: "ListeningTests", dependencies: ["Listening"]),
        .testTarget(name: "DeflateTests", dependencies: ["Deflate"]),
        .testTarget(name: "ChatAPITests", dependencies: ["ChatAPI", "GuardCore"]),
        .testTarget(
            name: "UpstreamTests",
            dependencies: ["TLS", "Upstream", nioCore, nioEmbedded, nioPosix, nioHTTP1, nioHTTP2, logging]
        ),
        .testTarget(
            name: "ProxyTests",
            dependencies: [
                "Deflate", "Listening", "Proxy", "TLS", "Upstream", nioCore, nioEmbedded, nioPosix, nioHTTP1, nioHTTP2,
                nioHPACK, logging,
            ]
        ),
        .testTarget(name: "TuningTests", dependencies: ["Tuning"]),
        .testTarget(name: "GuardTests", dependencies: ["Guard", "GuardCore", "Policy", "Rules"]),
        .testTarget(name: "EnginesTests", dependencies: ["ChatAPI", "Engines", "GuardCore"]),
        .testTarget(name: "AuditTests", dependencies: ["Audit", "Deflate", "GuardCore"]),
        .testTarget(name: "DecisionStoreTests", dependencies: ["Audit", "DecisionStore", "GuardCore"]),
        .testTarget(name: "TracingTests", dependencies: ["Tracing", protobuf]),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Audit", "ChatAPI", "DecisionStore", "Engines", "Gateway", "Guard", "GuardCore", "Listening", "Policy",
                "PolicyLanguage", "Proxy", "Rules", "TLS", "Tracing", "Upstream", nioCore, nioPosix, nioHTTP1, logging,
                protobuf,
            ]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)

let swiftSettings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let cTargets: Set = ["CKernels", "COpenSSLShims"]
for target in package.targets where target.type != .system && !cTargets.contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + swiftSettings
}
