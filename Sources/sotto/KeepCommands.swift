// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Keep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep a message that would disappear; of somebody else's, ask its author.",
    discussion: """
      Without the author's consent it disappears as it would have. The author agrees with accept \
      and turns it down with refuse; to keep an own message is to agree. It can be taken back for \
      all: sotto unkeep. What is shown once is never kept.
      """)

  @OptionGroup var message: MessageArguments

  @Argument(help: "Of an own message that others ask to keep: accept or refuse.")
  var answer: String?

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var more: [String: JSONValue] = [:]
    if let answer { more["answer"] = .string(answer) }
    try await options.say("keep", about: message, more, wait)
  }
}

struct Unkeep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "No longer let an own message be kept, on all devices; or no longer ask for it.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws { try await options.say("unkeep", about: message, [:], wait) }
}

struct Kept: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the messages that are kept, or that somebody asks to keep.")

  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (address, json) = (address, options.json)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("kept", ["address": .string(address)])
        for line in result["messages"]?.elements ?? [] {
          Output.line(json ? line.line : EventText.history(line))
        }
      }
    }
  }
}
