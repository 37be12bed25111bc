import Foundation
import Testing

@testable import Transformer

struct SafetensorsFileTests {
    static func data(_ header: String, _ body: Data, length: UInt64? = nil) -> Data {
        GGUFBuilder.bytes(length ?? UInt64(header.utf8.count)) + Data(header.utf8) + body
    }

    static func floats(_ values: [Float]) -> Data {
        values.map { GGUFBuilder.bytes($0.bitPattern) }.reduce(Data(), +)
    }

    private func open(_ data: Data) throws -> SafetensorsFile {
        try TemporaryFile(data).withPath { try SafetensorsFile(path: $0) }
    }

    @Test func readsFloatsAndHalves() throws {
        let header = #"""
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
            "b":{"dtype":"F16","shape":[5],"data_offsets":[8,18]}}
            """#
        // 1, -2, 65504, the smallest subnormal, minus zero.
        let halves = ([0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000] as [UInt16]).map { GGUFBuilder.bytes($0) }.reduce(
            Data(),
            +
        )
        let file = try open(Self.data(header, Self.floats([1.5, -2]) + halves))
        #expect(file.names == ["a", "b"])
        #expect(file.shape("a") == [2, 1])
        #expect(try file.floats("a", shape: [2, 1]) == [1.5, -2])
        #expect(try file.floats("b", shape: [5]) == [1, -2, 65_504, 0x1p-24, -0.0])
        #expect(throws: ModelFileError.self) { try file.floats("a", shape: [2]) }
        #expect(throws: ModelFileError.self) { try file.floats("c", shape: [2]) }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func refusesNumbersThatAreNone(value: Float) throws {
        let file = try open(
            Self.data(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, Self.floats([value]))
        )
        #expect(throws: ModelFileError.self) { try file.floats("a", shape: [1]) }
    }

    @Test(arguments: [
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}"#,
        #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":7}"#, "[]", "{", "",
    ])
    func refusesHeadersThatContradictTheFile(header: String) {
        #expect(throws: ModelFileError.self) { try open(Self.data(header, Data(count: 8))) }
    }

    @Test(arguments: [1000, 1 << 30, .max] as [UInt64])
    func refusesAHeaderLongerThanTheFile(length: UInt64) {
        #expect(throws: ModelFileError.self) { try open(Self.data("{}", Data(), length: length)) }
    }

    @Test func refusesFilesTooShortForALength() {
        for count in 0..<8 { #expect(throws: ModelFileError.self) { try open(Data(count: count)) } }
    }
}
