import ArgumentParser
import Foundation
import GuardianModel
import Tokenizer
import Transformer

/// How fast the small language model reads and writes, and how near that is to what the machine can do.
struct LanguageModelBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slm",
        abstract: "Prefill, decode, batches, cold start and memory, with the machine's limits measured beside them.",
        discussion: """
            Every figure is sampled once a round, so that a busy machine is busy for all of them. Shares are of the limits \
            measured in the same round; ratios to a peer are of the medians.
            """
    )

    @OptionGroup var packed: PackedOption

    @Option(help: "Rounds: samples of each figure.")
    var samples = 5

    @Option(help: "Rows of a step of prefill.")
    var stepRows = 256

    @Option(help: "llama.cpp's llama-bench, to be run beside ours.")
    var peer: String?

    @Option(help: "A GGUF file for the peer; may be repeated. Else the trunk and what llama-quantize makes of it.")
    var peerModel: [String] = []

    @Option(help: "The trunk, a GGUF file.")
    var trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"

    @Flag(help: "One JSON line a figure.")
    var json = false

    private static let lengths = [16, 32, 64, 128, 512, longest]
    private static let longest = 2048
    private static let peerLengths = [64, 512]
    private static let batches = [1, 2, 4, 8, 16, 32]
    private static let decodedTokens = 64

    func validate() throws {
        if samples < 1 { throw ValidationError("--samples is a count from 1 on") }
        if !(1...Self.longest).contains(stepRows) { throw ValidationError("--step-rows is from 1 to \(Self.longest)") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("guardian-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rival = try peer.map {
            try Peer(path: $0, models: peerModel, trunk: trunk, folder: folder, threads: packed.threads)
        }
        let file = try packed.open()
        var series = Series()
        // A first round warms caches and clocks.
        for round in 0...samples {
            if round == 1 { series = Series() }
            try await sample(file, rival, into: &series)
        }
        for figure in series.all() + ratios(series, hasPeer: rival != nil) { print(try figure.line(json: json)) }
    }

    // MARK: A round

    private func sample(_ file: PackedModelFile, _ rival: Peer?, into series: inout Series) async throws {
        let probe = MachineProbe(threads: packed.threads, level: try KernelLevel.inForce())
        let limits = probe.sample()
        series.add("slm.int8_peak", "GOPS", limits.int8 / 1e9)
        series.add("slm.float_peak", "GFLOPS", limits.float / 1e9)
        series.add("slm.memory_bandwidth", "GB/s", limits.bandwidth / 1e9)
        if let handOver = probe.handOver() {
            series.add("slm.handover", "us", handOver * 1e6, higherIsBetter: false)
        }
        try sampleSteps(file.model, limits, into: &series)
        if let rival { try samplePeer(rival, into: &series) }
        try await sampleBatches(file.model, limits, into: &series)
        try sampleTokenizer(try Tokenizer(file), into: &series)
        try sampleProcess(into: &series)
    }

    private func sampleSteps(_ model: PackedModel, _ limits: MachineLimits, into series: inout Series) throws {
        let pool = try StepRunner.makePool(model, threads: packed.threads)
        let cost = ModelCost(model.configuration)
        let trial = try StepTrial(model, pool: pool, rows: stepRows, capacity: Self.longest + Self.decodedTokens)
        func rate(_ length: Int, _ stage: StepSegment.Stage) throws -> Double {
            let tokens = (0..<length).map { Int32(100 + $0 * 37 % 20_000) }
            let seconds = try Self.meanSeconds { try trial.prefill(tokens, stage: stage) }
            return Double(length) / seconds
        }
        for length in Self.lengths {
            let rate = try rate(length, .whole)
            series.add("slm.prefill_\(length)", "tokens/s", rate)
            series.add("slm.prefill_\(length)_share_of_peak", "1", rate * cost.operations(length: length) / limits.int8)
        }
        let exit = try rate(64, .lower)
        series.add("slm.prefill_64_exit", "tokens/s", exit)
        series.add(
            "slm.prefill_64_exit_share_of_peak",
            "1",
            exit * cost.operations(layers: model.exitDepth) / limits.int8
        )
        let prompt: [Int32] = [1, 4093, 198, 28120, 2, 198]
        try trial.prefill(prompt)
        let seconds = try Self.meanSeconds {
            // The logits behind the prompt are computed with its last token.
            try trial.prefill(prompt)
            try trial.decode(Self.decodedTokens, behind: prompt.count)
        }
        let decode = Double(Self.decodedTokens) / (seconds - (try Self.meanSeconds { try trial.prefill(prompt) }))
        series.add("slm.decode", "tokens/s", decode)
        series.add("slm.decode_share_of_bandwidth", "1", decode * cost.decodeBytes / limits.bandwidth)
        // As safeguard responses are written: all over the vocabulary, but few.
        let candidates = (0..<16).map { Int32(100 + $0 * 3001) }
        let few = try Self.meanSeconds {
            try trial.prefill(prompt)
            try trial.decode(Self.decodedTokens, behind: prompt.count, among: candidates)
        }
        let choices = few - (try Self.meanSeconds { try trial.prefill(prompt) })
        series.add("slm.decode_candidates", "tokens/s", Double(Self.decodedTokens) / choices)
    }

    private func sampleBatches(
        _ model: PackedModel,
        _ limits: MachineLimits,
        into series: inout Series
    ) async throws {
        let trial = try SchedulerTrial(model, threads: packed.threads)
        defer { trial.shutDown() }
        let operations =
            ModelCost(model.configuration).operations(layers: model.exitDepth)
            * Double(SchedulerTrial.promptTokens)
        for size in Self.batches {
            let rate = try await trial.rate(concurrent: size, prompts: 64)
            series.add("slm.batch_\(size)", "prompts/s", rate)
            series.add("slm.batch_\(size)_share_of_peak", "1", rate * operations / limits.int8)
        }
    }

    private func samplePeer(_ rival: Peer, into series: inout Series) throws {
        for sample in try rival.sample(prefill: Self.peerLengths, decode: Self.decodedTokens) {
            series.add("slm.peer_\(sample.model)_\(sample.test)", "tokens/s", sample.rate)
        }
    }

    private func sampleTokenizer(_ tokenizer: Tokenizer, into series: inout Series) throws {
        let text = String(
            repeating: "Tokenizers split text; numbers like 2026 fall apart. Größe, 안녕하세요!\n",
            count: 4000
        )
        let seconds = Self.meanSeconds { _ = tokenizer.encode(text) }
        series.add("slm.tokenizer", "MB/s", Double(text.utf8.count) / 1e6 / seconds)
    }

    private func sampleProcess(into series: inout Series) throws {
        let start = try ColdStart.measure(packed, working: false)
        series.add("slm.cold_start", "ms", start.seconds * 1000, higherIsBetter: false)
        if let memory = try ColdStart.measure(packed, working: true).memory {
            series.add("slm.rss", "MB", memory.total, higherIsBetter: false)
            series.add("slm.rss_own", "MB", memory.own, higherIsBetter: false)
        }
    }

    // MARK: Figures of figures

    private func ratios(_ series: Series, hasPeer: Bool) -> [Figure] {
        var figures = [ratio("slm.batch_32_over_1", series["slm.batch_32"], series["slm.batch_1"])]
        guard hasPeer else { return figures }
        for test in Self.peerLengths.map({ "prefill_\($0)" }) + ["decode"] {
            let rivals = series.all().filter { $0.name.hasPrefix("slm.peer_") && $0.name.hasSuffix("_\(test)") }
            guard let best = rivals.max(by: { $0.median < $1.median }) else { continue }
            figures.append(
                Figure("slm.peer_\(test)", unit: "tokens/s", series[best.name], higherIsBetter: true)
            )
            figures.append(ratio("slm.\(test)_over_peer", series["slm.\(test)"], series[best.name]))
        }
        return figures
    }

    /// Round by round.
    private func ratio(_ name: String, _ ours: [Double], _ theirs: [Double]) -> Figure {
        Figure(name, unit: "1", zip(ours, theirs).map { $0 / $1 }, higherIsBetter: true)
    }

    /// The mean of as many runs as take a twentieth of a second.
    private static func meanSeconds(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var runs = 0
        repeat {
            try body()
            runs += 1
        } while clock.now - start < .milliseconds(50)
        return (clock.now - start) / .seconds(1) / Double(runs)
    }
}
