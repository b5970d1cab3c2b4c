// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

extension GlobalOptions {
  /// Calls a method that arranges a conversation, and says so.
  fileprivate func arrange(
    _ method: String, _ parameters: [String: JSONValue], _ sentence: String
  ) async throws {
    let json = json
    try await perform { access in
      try await access.connect { connection in
        let result = try await connection.call(method, parameters)
        Output.line(json ? result.line : sentence)
      }
    }
  }

  /// Calls a method that arranges a message, and says so.
  fileprivate func arrange(
    _ method: String, _ message: MessageArguments, _ sentence: String
  ) async throws {
    let json = json
    try await perform { access in
      try await access.connect { connection in
        let parameters = try await message.parameters(&connection)
        let result = try await connection.call(method, parameters)
        Output.line(json ? result.line : sentence)
      }
    }
  }
}

/// Which conversation is meant.
struct ConversationArgument: ParsableArguments {
  @Argument(help: "With whom, name@domain.")
  var address: String

  var parameters: [String: JSONValue] { ["address": .string(address)] }
}

struct Star: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give a message a star, which you alone see.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var options: GlobalOptions

  func run() async throws { try await options.arrange("star", message, "It has a star.") }
}

struct Unstar: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Take the star off a message.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var options: GlobalOptions

  func run() async throws { try await options.arrange("unstar", message, "It has no star.") }
}

struct Starred: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the messages with a star, the newest first.")

  @Option(name: .customLong("in"), help: "Only in the conversation with this address.")
  var conversation: String?

  @Option(help: "How many messages, 1 to 1000.")
  var limit = 50

  @Option(help: "Only messages before the one of this order: the next page.")
  var before: Int?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = ["limit": .integer(Int64(limit))]
    if let conversation { parameters["in"] = .string(conversation) }
    if let before { parameters["before"] = .integer(Int64(before)) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("starred", question)
        for item in result["messages"]?.elements ?? [] {
          Output.line(json ? item.line : "\(item.shown("address"))  \(EventText.history(item))")
        }
      }
    }
  }
}

struct Forward: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send what a message says to somebody else.",
    discussion: """
      The receiver sees that it was forwarded, and neither from whom nor from which conversation.
      """)

  @OptionGroup var message: MessageArguments

  @Argument(help: "To whom, name@domain.")
  var to: String

  @Option(help: "Wait until the message is queued, stored, delivered or read.")
  var wait: Send.Goal?

  @Option(help: "With --wait: give up after this many seconds.")
  var timeout: Double = 30

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, to, wait, timeout, json) = (message, to, wait, timeout, options.json)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        var parameters = try await message.parameters(&connection)
        parameters["to"] = .string(to)
        let result = try await Send.send(
          "forward", parameters, to: to, wait, timeout, &connection)
        Output.line(json ? result.line : Send.sentence(for: result))
      }
    }
  }
}

struct Draft: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep what you have begun to write, or show it.",
    discussion: "An empty text forgets it, and so does sending to the conversation.")

  @OptionGroup var conversation: ConversationArgument

  @Argument(help: "The text, or - to read it from standard input; without, it is shown.")
  var text: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters = conversation.parameters
    if let text { parameters["text"] = .string(try text == "-" ? Send.standardInput() : text) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("draft", question)
        if json {
          Output.line(result.line)
        } else if let kept = result["text"]?.text {
          Output.line(TerminalText.neutralised(kept, keepingLines: true))
        }
      }
    }
  }
}

struct Mute: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a conversation not call for attention.",
    discussion: "What is archived and muted stays archived when something new comes.")

  @OptionGroup var conversation: ConversationArgument

  @Option(help: "Until this time, as 2026-11-24T12:00:00Z, or the end of a day; else for good.")
  var until: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters = conversation.parameters
    if let until { parameters["until"] = .string(until) }
    try await options.arrange("mute", parameters, "Muted.")
  }
}

struct Unmute: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "End the muting of a conversation.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("unmute", conversation.parameters, "Not muted.")
  }
}

struct Archive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a conversation away until something new comes.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("archive", conversation.parameters, "Archived.")
  }
}

struct Unarchive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Bring a conversation back.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("unarchive", conversation.parameters, "Not archived.")
  }
}

struct Pin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep a conversation above the others in the list.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("pin", conversation.parameters, "Pinned.")
  }
}

struct Unpin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a conversation stand where its activity puts it.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("unpin", conversation.parameters, "Not pinned.")
  }
}

struct MarkUnread: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mark-unread",
    abstract: "Mark a conversation to be looked at again; nobody is told.")

  @OptionGroup var conversation: ConversationArgument
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.arrange("mark-unread", conversation.parameters, "Marked unread.")
  }
}
