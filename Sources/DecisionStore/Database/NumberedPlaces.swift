/// A statement with the places of its arguments as PostgreSQL numbers them: `$1`, `$2` in place of each `?`.
func numberedPlaces(_ sql: String) -> String {
    var number = 0
    var result = ""
    for character in sql {
        if character == "?" {
            number += 1
            result += "$\(number)"
        } else {
            result.append(character)
        }
    }
    return result
}
