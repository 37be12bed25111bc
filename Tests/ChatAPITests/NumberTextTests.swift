import Testing

@testable import ChatAPI

@Suite struct NumberTextTests {
    @Test(arguments: [
        ("4111111111111111", "4111111111111111"), ("-4111111111111111", "-4111111111111111"),
        ("4.111111111111111e15", "4111111111111111"), ("41111111111111110E-1", "4111111111111111"),
        ("4.111111111111111E+15", "4111111111111111"), ("4111111111111111.0", "4111111111111111.0"),
        ("12345.678e1", "123456.78"), ("-1234567e-9", "-0.001234567"), ("1e6", "1000000"),
        ("1234567e99999999999999999999", "1234567e99999999999999999999"), ("1234567e400", "1234567e400"),
    ])
    func `a number is read as its digits`(number: String, text: String) {
        #expect(NumberText.telling(number) == text)
    }

    @Test(arguments: ["0", "-1", "123456", "3.14159", "1e2", "0e0"])
    func `a number of few digits tells nothing`(number: String) {
        #expect(NumberText.telling(number) == nil)
    }
}
