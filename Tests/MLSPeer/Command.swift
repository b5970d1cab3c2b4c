// SPDX-License-Identifier: Apache-2.0

import SansIO

/// One line of input: a verb, then named values, such as `commit client=ab remove=1,2`. Bytes are
/// hexadecimal, lists have commas.
struct Command {
  let verb: String
  private let values: [String: String]

  init(line: String) throws(CommandFailure) {
    var words = line.split(separator: " ").map(String.init)
    guard !words.isEmpty else { throw .missing("verb") }
    verb = words.removeFirst()
    var values: [String: String] = [:]
    for word in words {
      guard let sign = word.firstIndex(of: "=") else { throw .malformed(word) }
      values[String(word[..<sign])] = String(word[word.index(after: sign)...])
    }
    self.values = values
  }

  func has(_ name: String) -> Bool { values[name] != nil }

  func text(_ name: String) throws(CommandFailure) -> String {
    guard let value = values[name] else { throw .missing(name) }
    return value
  }

  /// `yes` or `no`; what it is without a word is the caller's.
  func flag(_ name: String, without: Bool) throws(CommandFailure) -> Bool {
    switch values[name] {
    case nil: return without
    case "yes": return true
    case "no": return false
    default: throw .malformed(name)
    }
  }

  func number(_ name: String) throws(CommandFailure) -> UInt64 {
    guard let number = UInt64(try text(name)) else { throw .malformed(name) }
    return number
  }

  func bytes(_ name: String) throws(CommandFailure) -> [UInt8] {
    guard let bytes = Hex.decode(try text(name)) else { throw .malformed(name) }
    return bytes
  }

  func optionalBytes(_ name: String) throws(CommandFailure) -> [UInt8]? {
    has(name) ? try bytes(name) : nil
  }

  /// A list of byte strings; empty when it is not there.
  func byteList(_ name: String) throws(CommandFailure) -> [[UInt8]] {
    var list: [[UInt8]] = []
    for part in (values[name] ?? "").split(separator: ",") {
      guard let bytes = Hex.decode(String(part)) else { throw .malformed(name) }
      list.append(bytes)
    }
    return list
  }

  /// A list of numbers; empty when it is not there.
  func numberList(_ name: String) throws(CommandFailure) -> [UInt32] {
    var list: [UInt32] = []
    for part in (values[name] ?? "").split(separator: ",") {
      guard let number = UInt32(part) else { throw .malformed(name) }
      list.append(number)
    }
    return list
  }
}

/// What is wrong with a command, where MLS does not come into it.
enum CommandFailure: Error {
  case missing(String)
  case malformed(String)
  case unknownVerb(String)
  case unknownClient(String)
  case noGroup
  case nothingPending
  case unexpectedMessage
}
