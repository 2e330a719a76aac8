import SwiftUI

let limit = 10

/// A user.
struct User: Codable {
    let name: String
    var initials: String { String(name.prefix(1)) }

    init(name: String) { self.name = name }

    mutating func rename(to name: String) {
        print(name)
    }
}

@MainActor
final class Store: ObservableObject {
    @Published var users: [User] = []
    deinit { print("bye") }
    subscript(i: Int) -> User { users[i] }
    static func make() -> Store { Store() }
}

protocol Named {
    var name: String { get }
    func greet()
}
enum Color { case red, green; func hex() -> String { "" } }
extension User: Named { func greet() {} }
actor Counter { var n = 0 }
typealias Users = [User]
func helper<T>(_ x: T) -> T { x }
