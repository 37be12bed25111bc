import Testing

@testable import DecisionStore

@Suite struct NumberedPlacesTests {
    @Test(arguments: [
        ("SELECT 1", "SELECT 1"), ("", ""), ("?", "$1"), ("a = ? AND b < ?", "a = $1 AND b < $2"),
        ("VALUES (?, ?, ?)", "VALUES ($1, $2, $3)"),
    ])
    func `each place has its number`(sql: String, numbered: String) {
        #expect(numberedPlaces(sql) == numbered)
    }
}
