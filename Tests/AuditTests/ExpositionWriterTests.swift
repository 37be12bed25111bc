import Testing

@testable import Audit

@Suite struct ExpositionWriterTests {
    @Test func escapesLabelsAndHelp() {
        var writer = ExpositionWriter()
        writer.header(name: "a", help: "line\nback\\slash \"quoted\"", type: "gauge")
        writer.sample(name: "a", labels: [("x", "line\nback\\slash \"quoted\" é")], value: "1")
        #expect(
            writer.text == """
                # HELP a line\\nback\\\\slash "quoted"
                # TYPE a gauge
                a{x="line\\nback\\\\slash \\"quoted\\" é"} 1

                """
        )
    }

    @Test func numbersHaveTheFormatsWords() {
        #expect(
            [0, -1, 0.25, 1e20, .nan, .infinity, -.infinity].map(ExpositionWriter.number)
                == ["0", "-1", "0.25", "1e+20", "NaN", "+Inf", "-Inf"]
        )
    }

    @Test func namesAreChecked() {
        #expect(ExpositionWriter.isMetricName("guardian:requests_total"))
        for name in ["", "1a", "a-b", "é", "a b"] { #expect(!ExpositionWriter.isMetricName(name)) }
        #expect(ExpositionWriter.isLabelName("category"))
        for name in ["__name__", "a:b", "", "9"] { #expect(!ExpositionWriter.isLabelName(name)) }
    }
}
