import ArgumentParser
import Foundation

/// Pairs of texts that look alike, one harmful and one not, of all categories.
struct PairCorpus {
    struct Pair: Decodable {
        var harmful: String
        var harmless: String
    }

    /// Category by category.
    let categories: [[Pair]]

    var pairs: [Pair] { categories.flatMap(\.self) }

    init(folder: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
            .sorted()
        categories = try names.map { name in
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            return try text.split(separator: "\n").map { try JSONDecoder().decode(Pair.self, from: Data($0.utf8)) }
        }
        guard !pairs.isEmpty else { throw ValidationError("\(folder) holds no pairs") }
    }

    /// As many pairs, the categories in turn, evenly from the whole of each.
    func sample(_ count: Int) -> [Pair] {
        let rounds = (count + categories.count - 1) / categories.count
        let picked = (0..<rounds).flatMap { round in
            categories.compactMap { $0.isEmpty ? nil : $0[round * $0.count / rounds] }
        }
        return Array(picked.prefix(count))
    }
}
