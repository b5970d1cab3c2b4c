// SPDX-License-Identifier: Apache-2.0

/// What a value of the local protocol may be, as JSON Schema says it, with one such value.
package struct ValueSchema: Sendable {
  /// The schema (JSON Schema draft 7, which OpenRPC speaks).
  package let json: JSONValue
  /// A value that the schema allows.
  package let example: JSONValue
  /// The type as a table for people names it.
  package let type: String

  private init(_ json: JSONValue, example: JSONValue, type: String) {
    self.json = json
    self.example = example
    self.type = type
  }

  /// Any text.
  package static let text = ValueSchema(["type": "string"], example: "Hello", type: "text")

  /// A text of which one form is allowed.
  package static func text(_ example: String, type: String, pattern: String) -> ValueSchema {
    ValueSchema(
      ["type": "string", "pattern": .string(pattern)], example: .string(example), type: type)
  }

  /// The address of somebody, or whatever else names a conversation.
  package static let address = ValueSchema(
    ["type": "string"], example: "bob@messenger.example", type: "address")

  /// The identifier of a message.
  package static let identifier = text(
    "6f1c", type: "identifier", pattern: "^([0-9a-f][0-9a-f])+$")

  /// A point in time.
  package static let time = ValueSchema(
    ["type": "string", "format": "date-time"], example: "2026-11-24T04:15:00.000Z", type: "time")

  /// One of several words.
  package static func choice(_ words: [String]) -> ValueSchema {
    ValueSchema(
      ["type": "string", "enum": .array(words.map { .string($0) })],
      example: .string(words.first ?? ""),
      type: words.map { "`\($0)`" }.joined(separator: ", "))
  }

  /// A whole number.
  package static func integer(from least: Int64 = 0, to most: Int64? = nil) -> ValueSchema {
    var members: [String: JSONValue] = ["type": "integer", "minimum": .integer(least)]
    members["maximum"] = most.map { .integer($0) }
    let range = most.map { "\(least) to \($0)" } ?? "from \(least)"
    return ValueSchema(.object(members), example: .integer(least), type: "integer, \(range)")
  }

  /// A wait in seconds.
  package static let seconds = ValueSchema(
    ["type": "number", "minimum": 0, "maximum": .integer(LocalLimits.timeoutSecondsMax)],
    example: 0, type: "number, 0 to \(LocalLimits.timeoutSecondsMax)")

  /// Yes or no.
  package static let boolean = ValueSchema(
    ["type": "boolean"], example: true, type: "boolean")

  /// An object about which nothing more is said here.
  package static let anyObject = ValueSchema(["type": "object"], example: [:], type: "object")

  /// A list.
  package static func list(of element: ValueSchema) -> ValueSchema {
    ValueSchema(
      ["type": "array", "items": element.json], example: .array([element.example]),
      type: "list of \(element.type)")
  }

  /// A schema that stands in the document under a name of its own.
  package static func named(_ name: String) -> ValueSchema {
    ValueSchema(
      ["$ref": .string("#/components/schemas/" + name)], example: [:],
      type: "[\(name)](#\(name.lowercased()))")
  }

  /// An object with these members; there may be others, which readers pass over.
  package static func object(_ members: [NamedValue]) -> ValueSchema {
    let required = members.filter(\.isRequired)
    var schema: [String: JSONValue] = ["type": "object"]
    schema["properties"] = .object(members.reduce(into: [:]) { $0[$1.name] = $1.described })
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
    return ValueSchema(
      .object(schema), example: .object(required.reduce(into: [:]) { $0[$1.name] = $1.example }),
      type: members.map { "`\($0.name)`" + ($0.isRequired ? "" : "?") }.joined(separator: ", "))
  }

  /// A value that has one of these forms.
  package static func either(_ choices: [ValueSchema]) -> ValueSchema {
    ValueSchema(
      ["oneOf": .array(choices.map(\.json))], example: choices.first?.example ?? .null,
      type: choices.map(\.type).joined(separator: " or "))
  }

  /// The same with another value to show and to test with.
  package func showing(_ example: JSONValue) -> ValueSchema {
    ValueSchema(json, example: example, type: type)
  }
}
