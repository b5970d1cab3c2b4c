// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient

/// Holds values against the part of JSON Schema that the description of the protocol uses. It is
/// stricter than JSON Schema: a member that is not described is a fault, and so is a keyword that
/// it does not know.
struct SchemaChecker {
  let document: JSONValue

  static let keywords: Set<String> = [
    "type", "properties", "required", "items", "enum", "minimum", "maximum", "pattern", "format",
    "oneOf", "$ref", "description", "default",
  ]

  /// What is wrong with a value; empty when nothing is.
  func faults(of value: JSONValue, in schema: JSONValue, at path: String = "$") -> [String] {
    guard case .object(let rules) = schema else { return ["\(path): a schema is no object"] }
    if let reference = rules["$ref"]?.text {
      guard let target = resolve(reference) else { return ["\(path): no \(reference)"] }
      return faults(of: value, in: target, at: path)
    }
    if let choices = rules["oneOf"]?.elements {
      let found = choices.map { faults(of: value, in: $0, at: path) }
      if found.filter(\.isEmpty).count == 1 { return [] }
      return found.min { $0.count < $1.count } ?? ["\(path): no choice"]
    }
    var found = Set(rules.keys).subtracting(Self.keywords).sorted().map {
      "\(path): the keyword \($0)"
    }
    if let type = rules["type"]?.text, !isOf(type, value) { found.append("\(path): no \(type)") }
    if let words = rules["enum"]?.elements, !words.contains(value) {
      found.append("\(path): \(value.line) is none of the words")
    }
    found += numberFaults(of: value, rules, path) + textFaults(of: value, rules, path)
    found += memberFaults(of: value, rules, path)
    if let element = rules["items"] {
      for (index, item) in value.elements.enumerated() {
        found += faults(of: item, in: element, at: "\(path)[\(index)]")
      }
    }
    return found
  }

  /// What a reference of this document points to.
  func resolve(_ reference: String) -> JSONValue? {
    guard reference.hasPrefix("#/") else { return nil }
    return reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) {
      $0?[String($1)]
    }
  }

  private func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("string", .string), ("boolean", .bool), ("integer", .integer), ("array", .array),
      ("object", .object), ("number", .number), ("number", .integer):
      true
    default: false
    }
  }

  private func numberFaults(
    of value: JSONValue, _ rules: [String: JSONValue], _ path: String
  ) -> [String] {
    guard let number = value.integer else { return [] }
    var found: [String] = []
    if let least = rules["minimum"]?.integer, number < least { found.append("\(path): too low") }
    if let most = rules["maximum"]?.integer, number > most { found.append("\(path): too high") }
    return found
  }

  private func textFaults(
    of value: JSONValue, _ rules: [String: JSONValue], _ path: String
  ) -> [String] {
    guard let text = value.text else { return [] }
    var found: [String] = []
    if let pattern = rules["pattern"]?.text {
      let fits = text.range(of: pattern, options: .regularExpression) != nil
      if !fits { found.append("\(path): \(text) does not fit \(pattern)") }
    }
    if rules["format"] == "date-time" {
      let form = #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"#
      let fits = text.range(of: form, options: .regularExpression) != nil
      if !fits { found.append("\(path): \(text) is no time") }
    }
    return found
  }

  private func memberFaults(
    of value: JSONValue, _ rules: [String: JSONValue], _ path: String
  ) -> [String] {
    guard case .object(let members) = value else { return [] }
    guard case .object(let known) = rules["properties"] ?? .null else { return [] }
    var found = (rules["required"]?.elements ?? []).compactMap(\.text)
      .filter { members[$0] == nil }.map { "\(path): \($0) is missing" }
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      guard let rule = known[name] else {
        found.append("\(path): \(name) is not described")
        continue
      }
      found += faults(of: member, in: rule, at: "\(path).\(name)")
    }
    return found
  }
}
