// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct PinMessage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pin-message", abstract: "Pin a message in its conversation, for everybody.",
    discussion: "In a group it takes the permission info.")

  @OptionGroup var message: MessageArguments

  @Option(help: "Until a time as 2026-11-24T12:00:00Z, or for a while as +7d; else for good.")
  var until: String?

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var more: [String: JSONValue] = [:]
    if let until { more["until"] = .string(until) }
    try await options.say("pin-message", about: message, more, wait)
  }
}

struct UnpinMessage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpin-message", abstract: "Take the pin off a message, for everybody.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws { try await options.say("unpin-message", about: message, [:], wait) }
}

struct Pinned: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the messages that are pinned in a conversation, the newest pin first.")

  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (address, json) = (address, options.json)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("pinned", ["address": .string(address)])
        for item in result["messages"]?.elements ?? [] {
          Output.line(
            json
              ? item.line
              : EventText.history(item["line"] ?? .null) + "  (pinned by \(item.shown("from")))")
        }
      }
    }
  }
}
