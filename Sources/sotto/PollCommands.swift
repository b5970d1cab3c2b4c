// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Poll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask people, and vote.",
    discussion: "A poll is named by its number in history, or by its messageId.",
    subcommands: [PollCreate.self, PollVote.self, PollEnd.self, PollShow.self])
}

struct PollCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Ask something that people can vote on.")

  @Argument(help: "Whom, name@domain.", completion: .addresses)
  var address: String

  @Argument(help: "What is asked: one line.")
  var question: String

  @Argument(help: "What can be voted for, 2 to 20.")
  var choices: [String]

  @Flag(help: "One may vote for several.")
  var several = false

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let parameters: [String: JSONValue] = [
      "address": .string(address), "question": .string(question),
      "choices": .array(choices.map { .string($0) }), "several": .bool(several),
    ]
    try await options.say("poll-create", wait) { _ in parameters }
  }
}

struct PollVote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vote", abstract: "Vote, in place of an earlier vote, or take that back.")

  @OptionGroup var message: MessageArguments

  @Argument(help: "For which, by number from 1.")
  var choices: [String] = []

  @Flag(help: "Take the vote back.")
  var withdraw = false

  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    guard choices.isEmpty == withdraw else {
      throw SottoFailure.usage("A vote is for some choice, or is taken back with --withdraw.")
    }
    try await options.say(
      "poll-vote", about: message, ["choices": .array(choices.map { .string($0) })], wait)
  }
}

struct PollEnd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end", abstract: "End an own poll: later votes do not count.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var wait: WaitOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws { try await options.say("poll-end", about: message, [:], wait) }
}

struct PollShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show how a poll stands, and who voted for what.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, json) = (message, options.json)
    try await options.perform { access in
      try await access.connect { connection in
        let parameters = try await message.parameters(&connection)
        let result = try await connection.call("poll-show", parameters)
        if json {
          Output.line(result.line)
        } else {
          Output.line(TerminalText.neutralised(result["question"]?.text ?? ""))
          for line in EventText.choices(result, withVoters: true) { Output.line(line) }
        }
      }
    }
  }
}
