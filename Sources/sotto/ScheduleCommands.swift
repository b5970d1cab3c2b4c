// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// What is said of messages that are to be sent at a time.
enum ScheduleText {
  static func queued(_ item: JSONValue) -> String {
    "Scheduled as number \(item.shown("scheduledId")) for \(item.shown("at"))."
  }

  static func line(_ item: JSONValue) -> String {
    "\(item.shown("scheduledId"))  \(item.shown("at"))  \(item.shown("address")): "
      + EventText.body(item["text"]?.text ?? "")
  }
}

struct Scheduled: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is to be sent, the next one first.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("scheduled")
        for item in result["messages"]?.elements ?? [] {
          Output.line(json ? item.line : ScheduleText.line(item))
        }
      }
    }
  }
}

struct Reschedule: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change what is to be sent, or when, before it leaves.")

  @Argument(help: "The number that scheduled shows.")
  var number: Int

  @Option(help: "When: a time as 2026-11-24T12:00:00Z, or a wait as +10m.")
  var at: String?

  @Option(help: "The new text, or - to read it from standard input.")
  var text: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = ["scheduledId": .integer(Int64(number))]
    if let at { parameters["at"] = .string(at) }
    if let text { parameters["text"] = .string(try text == "-" ? Send.standardInput() : text) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("reschedule", question)
        Output.line(json ? result.line : ScheduleText.queued(result))
      }
    }
  }
}

struct Unschedule: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cancel a message that was to be sent.")

  @Argument(help: "The number that scheduled shows.")
  var number: Int

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (json, number) = (options.json, number)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call(
          "unschedule", ["scheduledId": .integer(Int64(number))])
        Output.line(json ? result.line : "Cancelled.")
      }
    }
  }
}
