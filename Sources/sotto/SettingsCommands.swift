// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Settings: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The settings of this device: see them, change one.",
    discussion: """
      strangers: ask (their conversations wait to be accepted), accept (at once), or refuse \
      (contacts only). read-receipts, delivery-receipts: on or off; whoever tells nobody what was \
      read is not told what others read.
      """,
    subcommands: [List.self, Set.self], defaultSubcommand: List.self)

  /// Asks and prints all settings.
  fileprivate static func ask(
    _ method: String, _ parameters: [String: JSONValue], _ options: GlobalOptions
  ) async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call(method, parameters)
        if json {
          Output.line(result.line)
        } else {
          for name in ["strangers", "read-receipts", "delivery-receipts"] {
            Output.line("\(name)  \(result["settings"]?.shown(name) ?? "")")
          }
        }
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All settings.")
    @OptionGroup var options: GlobalOptions

    func run() async throws { try await Settings.ask("settings", [:], options) }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a setting.")

    @Argument(help: "strangers, read-receipts or delivery-receipts.")
    var setting: String

    @Argument(help: "ask, accept or refuse; on or off.")
    var value: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Settings.ask(
        "settings-set", ["setting": .string(setting), "value": .string(value)], options)
    }
  }
}
