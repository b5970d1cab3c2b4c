// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Register: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make an account on the service that an invite link names.",
    discussion: "In a home that has an account, it makes another one beside it.")

  @Argument(help: "The address to register, name@domain.")
  var address: String

  @Option(help: "The link that the operator of the service hands out, sotto://…")
  var invite: String

  @Option(help: "What this device is called; only the account's own devices learn it.")
  var name: String?

  @Option(help: "Give up after this many seconds.")
  var timeout: Double = 60

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let parameters: [String: JSONValue] = [
      "address": .string(address), "invite": .string(invite), "timeoutSeconds": .number(timeout),
    ]
    let (json, name) = (options.json, name)
    try await options.perform { access in
      try await access.connect(creates: true, settles: true) { connection in
        if let name { _ = try await connection.call("device-rename", ["name": .string(name)]) }
        let result = try await connection.call("register", parameters)
        Output.line(json ? result.line : "Registered \(result.shown("address")).")
      }
    }
  }
}

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the account, the connections and what waits.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("status")
        guard !json else {
          Output.line(result.line)
          return
        }
        Output.line("account        \(result.shown("address", or: "none yet"))")
        Output.line("registered     \(result["registered"]?.bool == true ? "yes" : "no")")
        Output.line("server         \(result.shown("server", or: "none"))")
        Output.line("inbox          \(result.shown("inboxConnection"))")
        Output.line("logs           \(result.shown("logsConnection"))")
        if result["connectionFailure"] != nil {
          Output.line("last failure   \(result.shown("connectionFailure"))")
        }
        Output.line("conversations  \(result.shown("conversations"))")
        Output.line("waiting        \(result.shown("waiting")) messages")
        Output.line("key packages   \(result.shown("keyPackages"))")
      }
    }
  }
}

struct Accounts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the accounts of the home.",
    discussion: "Other verbs take one of several by --account or $SOTTO_ACCOUNT.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect(naming: false) { connection in
        let result = try await connection.call("accounts")
        for item in result["accounts"]?.elements ?? [] {
          let state = item["registered"] == true ? "" : "  (not registered yet)"
          Output.line(json ? item.line : item.shown("address") + state)
        }
      }
    }
  }
}

struct Daemon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stay connected, and serve other verbs and programs on the home's socket.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    do {
      try await options.perform { access in
        try await access.serve {
          Output.line(json ? #"{"ready":true}"# : "The daemon is ready.")
        }
      }
    } catch is CancellationError {
      // A daemon that is told to end has done all that it was asked to.
    }
  }
}

extension JSONValue {
  /// A member as a person may see it on a terminal.
  func shown(_ name: String, or absent: String = "") -> String {
    switch self[name] {
    case .string(let text): TerminalText.neutralised(text)
    case .integer(let value): String(value)
    case .bool(let value): value ? "yes" : "no"
    default: absent
    }
  }
}
