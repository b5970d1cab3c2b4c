// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Settings: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The settings, which your devices share: see them, change one.",
    discussion: """
      strangers: ask (their conversations wait to be accepted), accept (at once), or refuse \
      (contacts only). read-receipts, delivery-receipts: on or off; whoever tells nobody what was \
      read is not told what others read. typing: on or off; off, nobody is told that you type, and \
      you are not told who does. keep-files: pictures, all or none: which files are \
      fetched without being asked for, and stay here, sealed, as long as their messages. timer: \
      when messages disappear in conversations and groups that you begin, or off; sotto timer \
      --presets lists what to offer first.
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
          guard case .object(let settings)? = result["settings"] else { return }
          for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            Output.line("\(name)  \(value.text ?? "")")
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

    @Argument(help: "strangers, read-receipts, delivery-receipts, typing, keep-files or timer.")
    var setting: String

    @Argument(
      help: "ask, accept or refuse; on or off; pictures, all or none; for timer off, or 1w.")
    var value: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Settings.ask(
        "settings-set", ["setting": .string(setting), "value": .string(value)], options)
    }
  }
}
