// swift-tools-version: 6.2
import PackageDescription

// Fuzzing the readers, in a package of its own: everything in it is built with libFuzzer's and AddressSanitizer's
// instrumentation (see `run`). The rooms are symbolic links, so that `package` access works as it does in the main package,
// whose test target `FuzzTests` replays what was found from the same targets.

let package = Package(
    name: "guardian-fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "GuardCore"),
        .target(name: "Listening"),
        .target(name: "Policy", dependencies: ["GuardCore"]),
        .target(name: "PolicyLanguage", dependencies: ["CLibYAML", "GuardCore", "Policy"]),
        .target(name: "Rules", dependencies: ["GuardCore", "Policy"]),
        .target(name: "Tokenizer"),
        .target(name: "Transformer", dependencies: ["CKernels"]),
        .target(name: "GuardianModel", dependencies: ["GuardCore", "Tokenizer", "Transformer"]),
        // libFuzzer brings `main`.
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "GuardCore", "GuardianModel", "Listening", "Policy", "PolicyLanguage", "Rules", "Tokenizer",
                "Transformer",
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
for target in package.targets where target.type != .system && target.name != "CKernels" {
    target.swiftSettings = swiftSettings
}
