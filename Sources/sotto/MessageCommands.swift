// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// Which message of a conversation is meant.
struct MessageArguments: ParsableArguments {
  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @Argument(help: "Which message: its number in history, or its messageId.")
  var message: String

  /// The parameters that name the message; a number is looked up, which marks the message read.
  func parameters(
    _ connection: inout SottoConnection
  ) async throws -> [String: JSONValue] {
    guard let order = Int64(message), order > 0, message.count < 20 else {
      return ["address": .string(address), "messageId": .string(message)]
    }
    let page = try await connection.call(
      "history",
      ["address": .string(address), "limit": .integer(1), "before": .integer(order + 1)])
    guard let line = page["messages"]?.elements.first, line["order"] == .integer(order),
      let id = line["messageId"]
    else { throw SottoFailure.usage("There is no message of this number.") }
    return ["address": .string(address), "messageId": id]
  }
}

/// How long a verb that says something stays.
struct WaitOptions: ParsableArguments {
  @Option(help: "Wait until this is queued or stored.")
  var wait: Send.Goal?

  @Option(help: "With --wait: give up after this many seconds.")
  var timeout: Double = 30
}

extension GlobalOptions {
  /// Calls a method about a message that puts something into the outbox.
  func say(
    _ method: String, about message: MessageArguments, _ more: [String: JSONValue],
    _ wait: WaitOptions
  ) async throws {
    try await say(method, wait) { connection in
      try await message.parameters(&connection).merging(more) { _, new in new }
    }
  }

  /// The same for a method that says something new.
  func say(
    _ method: String, _ wait: WaitOptions,
    _ parameters: @escaping @Sendable (inout SottoConnection) async throws -> [String: JSONValue]
  ) async throws {
    let json = json
    try await perform { access in
      try await access.connect(settles: true) { connection in
        let parameters = try await parameters(&connection)
        let result = try await Send.send(method, parameters, wait.wait, wait.timeout, &connection)
        Output.line(json ? result.line : Send.sentence(for: result))
      }
    }
  }
}

struct Reply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Answer a message.")

  @OptionGroup var message: MessageArguments

  @Argument(help: "The text, or - to read it from standard input.")
  var text: String

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let text = try text == "-" ? Send.standardInput() : text
    try await options.say("reply", about: message, ["text": .string(text)], wait)
  }
}

struct React: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "React to a message with one character, or take that back.")

  @OptionGroup var message: MessageArguments

  @Argument(help: "An emoji, or another single character.")
  var reaction: String

  @Flag(help: "Take the reaction back.")
  var remove = false

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.say(
      "react", about: message, ["reaction": .string(reaction), "remove": .bool(remove)], wait)
  }
}

struct Edit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change what an own message says, for everyone.",
    discussion: "Earlier versions stay readable for all: see the verb revisions.")

  @OptionGroup var message: MessageArguments

  @Argument(help: "The new text, or - to read it from standard input.")
  var text: String

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let text = try text == "-" ? Send.standardInput() : text
    try await options.say("edit", about: message, ["text": .string(text)], wait)
  }
}

struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take an own message back from everyone, or remove one for yourself.",
    discussion: """
      The other side's program removes the text, its earlier versions and its reactions. Nothing \
      can make somebody forget what they have read or copied.
      """)

  @OptionGroup var message: MessageArguments

  @Flag(name: .customLong("for-me"), help: "Remove it here alone, whoever sent it.")
  var forMe = false

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    guard forMe else { return try await options.say("delete", about: message, [:], wait) }
    let (message, json) = (message, options.json)
    try await options.perform { access in
      try await access.connect { connection in
        var parameters = try await message.parameters(&connection)
        parameters["forMe"] = .bool(true)
        let result = try await connection.call("delete", parameters)
        Output.line(json ? result.line : "Removed here.")
      }
    }
  }
}

struct Revisions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a message has said, oldest first.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, json) = (message, options.json)
    try await options.perform { access in
      try await access.connect { connection in
        let parameters = try await message.parameters(&connection)
        let result = try await connection.call("revisions", parameters)
        for item in result["revisions"]?.elements ?? [] {
          Output.line(
            json
              ? item.line
              : "\(EventText.short(item.shown("at"))) \(EventText.body(item["text"]?.text ?? ""))")
        }
      }
    }
  }
}
