// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Timer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show or set when messages of a conversation disappear.",
    discussion: """
      5s, 30s, 5m, 1h, 24h, 1w, 4w and every length between count from reading, for the own copy \
      from sending; exists:1w counts from when the server took it; once is shown once; off ends \
      it. Several are joined by a plus sign. With a person it holds for what you send from now \
      on; in a group for what everybody sends.
      """)

  @Argument(help: "With whom, name@domain, or a group.")
  var address: String

  @Argument(help: "The timer, or off.")
  var timer: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = ["address": .string(address)]
    if let timer { parameters["timer"] = .string(timer) }
    let (given, json) = (parameters, options.json)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call("timer", given)
        Output.line(json ? result.line : result["timer"]?.text ?? "off")
      }
    }
  }
}
