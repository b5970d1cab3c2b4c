// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a message is undelivered, undecryptable or unverified, and what to do.")

  @OptionGroup var message: MessageArguments
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (message, json) = (message, options.json)
    var parameters: [String: JSONValue] = ["address": .string(message.address)]
    if let order = Int64(message.message), order > 0, message.message.count < 20 {
      parameters["order"] = .integer(order)
    } else {
      parameters["messageId"] = .string(message.message)
    }
    let question = parameters
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("why", question)
        for reason in result["reasons"]?.elements ?? [] {
          Output.line(json ? reason.line : Why.sentence(for: reason))
        }
      }
    }
  }

  private static func sentence(for reason: JSONValue) -> String {
    let failure = reason["failure"] == nil ? "" : ", \(reason.shown("failure"))"
    let advice = reason["advice"] == nil ? "" : "\n    \(reason.shown("advice"))"
    return "\(reason.shown("text")) (\(reason.shown("code"))\(failure))\(advice)"
  }
}
