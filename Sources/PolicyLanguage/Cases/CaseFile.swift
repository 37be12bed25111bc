package import Policy

/// What a file of cases says, with the place that each case stands at.
package struct CaseFile: Sendable, Equatable {
    package var file: String
    package var cases: [(place: SourceMark, value: PolicyCase)]
    /// Their files are as written: relative ones start at the folder of this file.
    package var corpora: [(place: SourceMark, value: BenignCorpus)]

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.file == rhs.file && lhs.cases.elementsEqual(rhs.cases, by: ==)
            && lhs.corpora.elementsEqual(rhs.corpora, by: ==)
    }

    /// - Throws: `PolicyError` of kind `unreadable`, or `invalid` with every error of the file.
    package static func load(path: String) throws(PolicyError) -> CaseFile {
        try decode(YAMLText(path: path), file: path)
    }

    /// - Parameter file: the name that diagnostics give.
    /// - Throws: `PolicyError` of kind `invalid`.
    package static func load(text: String, file: String) throws(PolicyError) -> CaseFile {
        try decode(YAMLText(bytes: Array(text.utf8), file: file), file: file)
    }

    private static func decode(_ text: YAMLText, file: String) throws(PolicyError) -> CaseFile {
        var decoder = CaseDecoder()
        return try text.decode(with: &decoder) { decoder, root in decoder.caseFile(root, file: file) }
    }
}
