// SPDX-License-Identifier: Apache-2.0

package import ClientCore

/// The parameters of one request: each is taken once, by name and type, and none may be left over.
package struct JSONRPCParameters: Sendable {
  private var members: [String: JSONValue]
  /// Told the name of each parameter that a method asks for.
  private let reading: (@Sendable (String) -> Void)?

  /// Takes the parameters of a request. `reading` is told of each that the method asks for.
  package init(
    _ members: [String: JSONValue], reading: (@Sendable (String) -> Void)? = nil
  ) {
    self.members = members
    self.reading = reading
  }

  private mutating func take(_ name: String) -> JSONValue? {
    reading?(name)
    return members.removeValue(forKey: name)
  }

  /// Takes a string that must be there.
  package mutating func string(_ name: String) throws(ClientFailure) -> String {
    guard let text = try optionalString(name) else { throw missing(name) }
    return text
  }

  /// Takes a string that may be absent or null.
  package mutating func optionalString(_ name: String) throws(ClientFailure) -> String? {
    switch take(name) {
    case nil, .null: return nil
    case .string(let text): return text
    default: throw wrongType(name, "a string")
    }
  }

  /// Takes a list of strings that may be absent.
  package mutating func strings(_ name: String) throws(ClientFailure) -> [String] {
    guard let value = take(name), value != .null else { return [] }
    guard case .array(let elements) = value else { throw wrongType(name, "a list of strings") }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else { throw wrongType(name, "a list of strings") }
      texts.append(text)
    }
    return texts
  }

  /// Takes an integer from 0 that must be there.
  package mutating func count(_ name: String) throws(ClientFailure) -> UInt64 {
    guard let value = try optionalCount(name) else { throw missing(name) }
    return value
  }

  /// Takes an integer from 0 that may be absent or null.
  package mutating func optionalCount(_ name: String) throws(ClientFailure) -> UInt64? {
    switch take(name) {
    case nil, .null: return nil
    case .integer(let value) where value >= 0: return UInt64(value)
    default: throw wrongType(name, "an integer that is not negative")
    }
  }

  /// Takes a page size from 1 to `maximum`.
  package mutating func limit(default usual: Int, maximum: Int) throws(ClientFailure) -> Int {
    guard let value = try optionalCount("limit") else { return usual }
    guard (1...UInt64(maximum)).contains(value) else {
      throw ClientFailure(.badRequest, "The parameter limit is from 1 to \(maximum).")
    }
    return Int(value)
  }

  /// Takes a boolean that may be absent.
  package mutating func flag(_ name: String) throws(ClientFailure) -> Bool {
    switch take(name) {
    case nil, .null: return false
    case .bool(let value): return value
    default: throw wrongType(name, "a boolean")
    }
  }

  /// Takes a wait in seconds, whole or not, that may be absent.
  package mutating func timeout() throws(ClientFailure) -> Duration? {
    let name = "timeoutSeconds"
    let seconds: Double
    switch take(name) {
    case nil, .null: return nil
    case .integer(let value): seconds = Double(value)
    case .number(let value): seconds = value
    default: throw wrongType(name, "a number")
    }
    guard seconds >= 0, seconds <= Double(LocalLimits.timeoutSecondsMax) else {
      throw ClientFailure(.badRequest, "A wait is from 0 s to one day.")
    }
    return .milliseconds(Int64(seconds * 1000))
  }

  /// Refuses what was not taken: a misspelt parameter must not be ignored.
  package func finish() throws(ClientFailure) {
    if !members.isEmpty {
      throw ClientFailure(.badRequest, "There is a parameter that this method does not have.")
    }
  }

  private func missing(_ name: String) -> ClientFailure {
    ClientFailure(.badRequest, "The parameter \(name) is missing.")
  }

  private func wrongType(_ name: String, _ type: String) -> ClientFailure {
    ClientFailure(.badRequest, "The parameter \(name) must be \(type).")
  }
}
