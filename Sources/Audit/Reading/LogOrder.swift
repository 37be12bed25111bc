/// Files of one log, ordered by the number of their first line, whatever the order they were named in.
///
/// Of a file that is named plain and compressed the plain one is read: both are there between the moment that the compressed
/// one is whole and the moment that the plain one is removed.
///
/// - Throws: `AuditFileError` if one cannot be opened.
package func orderedByFirstLine(_ paths: [String]) throws(AuditFileError) -> [String] {
    let named = Set(paths)
    var keyed: [(first: UInt64, path: String)] = []
    for path in paths {
        if path.hasSuffix(CompressedFile.suffix), named.contains(String(path.dropLast(CompressedFile.suffix.count))) {
            continue
        }
        // What has no number goes first: the break that it is shows at once. An empty file breaks nothing.
        keyed.append((try firstNumber(path) ?? 0, path))
    }
    return keyed.enumerated()
        .sorted { ($0.element.first, $0.offset) < ($1.element.first, $1.offset) }
        .map(\.element.path)
}

private func firstNumber(_ path: String) throws(AuditFileError) -> UInt64? {
    do throws(AuditFileError) {
        var lines = try LogLines(path: path)
        return try lines.next().flatMap { ChainLink.read($0.bytes)?.link.sequence }
    } catch {
        // That it is damaged is told by whoever reads its lines.
        if case .damaged = error.place { return nil }
        throw error
    }
}
