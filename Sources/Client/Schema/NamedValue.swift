// SPDX-License-Identifier: Apache-2.0

/// A parameter of a method, or a member of an object.
package struct NamedValue: Sendable {
  /// Its name.
  package let name: String
  /// What it may be.
  package let schema: ValueSchema
  /// Whether it is always there.
  package let isRequired: Bool
  /// What an absent parameter stands for, where one value says that.
  package let usual: JSONValue?
  /// One sentence.
  package let summary: String

  /// One that is always there.
  package static func required(
    _ name: String, _ schema: ValueSchema, _ summary: String
  ) -> NamedValue {
    NamedValue(name: name, schema: schema, isRequired: true, usual: nil, summary: summary)
  }

  /// One that may be absent.
  package static func optional(
    _ name: String, _ schema: ValueSchema, _ summary: String, default usual: JSONValue? = nil
  ) -> NamedValue {
    NamedValue(name: name, schema: schema, isRequired: false, usual: usual, summary: summary)
  }

  /// A value that it may have.
  package var example: JSONValue { schema.example }

  /// The schema with what is said here. A reference bears nothing beside it.
  package var described: JSONValue {
    guard case .object(var members) = schema.json, members["$ref"] == nil else {
      return schema.json
    }
    members["description"] = .string(summary)
    members["default"] = usual
    return .object(members)
  }
}

// What many methods take.
extension NamedValue {
  /// The account, for a home that has several. Every method takes it but those about all of them.
  package static let account = optional(
    "account", .address, "Which account of the home, when it has several.")
  /// The conversation.
  package static let address = required("address", .address, "With whom.")
  /// The message that a method is about.
  package static let messageID = required("messageId", .identifier, "Which message.")
  /// How far is waited for.
  package static let wait = optional(
    "wait", .choice(["queued", "stored", "delivered", "read"]), "How far to wait for.",
    default: "queued")
  /// How far is waited for when nobody confirms more.
  package static let waitForStored = optional(
    "wait", .choice(["queued", "stored"]), "How far to wait for.", default: "queued")

  /// How long a method waits.
  package static func timeout(_ usual: Int64) -> NamedValue {
    optional(
      "timeoutSeconds", .seconds, "How long to wait at most.", default: .integer(usual))
  }

  /// How many elements a page has at most.
  package static func limit(_ usual: Int64, to most: Int64) -> NamedValue {
    optional(
      "limit", .integer(from: 1, to: most), "How many at most.", default: .integer(usual))
  }
}
