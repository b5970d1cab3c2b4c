// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// How much of what was said before is handed over.
struct HistoryOptions: ParsableArguments {
  @Option(help: "The newest so many messages alone.")
  var last: Int?

  @Option(help: "Nothing older than this: a date, or a time as 2026-11-24T12:00:00Z.")
  var since: String?

  /// Whether anything was said.
  var isGiven: Bool { last != nil || since != nil }

  /// As the methods take it.
  var parameters: [String: JSONValue] {
    var parameters: [String: JSONValue] = [:]
    if let last { parameters["last"] = .integer(Int64(last)) }
    if let since { parameters["since"] = .string(since) }
    return parameters
  }
}

extension Device {
  struct ShareHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give another device of this account what was said before it came.",
      discussion: """
        The newest messages go first, sealed for that device alone, over the server. What \
        disappears keeps its end; what is shown once stays here. It goes on by itself when \
        either device was away.
        """)

    @Argument(help: "The device's number, as list shows it; this device must have linked it.")
    var number: Int

    @OptionGroup var extent: HistoryOptions

    @Option(help: "Wait for this many seconds at most.")
    var timeout: Double = 600

    @Flag(help: "Do not wait: a daemon goes on with it.")
    var noWait = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, number, parameters) = (options.json, Int64(number), extent.parameters)
      let limit = noWait ? 0 : timeout
      try await options.perform(for: noWait ? nil : timeout) { access in
        try await access.connect(settles: true) { connection in
          try await Device.share(parameters, with: number, limit, json, &connection)
        }
      }
    }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How far history between the devices of this account has come.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let json = options.json
      try await options.perform { access in
        try await access.connect { connection in
          let result = try await connection.call("device-history")
          for history in result["histories"]?.elements ?? [] {
            Output.line(json ? history.line : sentence(for: history))
          }
        }
      }
    }
  }

  /// Begins to give, and waits until all of it is with the server; for no time when `limit` is 0.
  static func share(
    _ extent: [String: JSONValue], with number: Int64, _ limit: Double, _ json: Bool,
    _ connection: inout SottoConnection
  ) async throws {
    var parameters = extent
    parameters["deviceId"] = .integer(number)
    _ = try await connection.call("device-share-history", parameters)
    let end = ContinuousClock.now + .seconds(limit)
    while true {
      let result = try await connection.call("device-history")
      let history = result["histories"]?.elements.last { $0["deviceId"] == .integer(number) }
      guard let history else { return }
      if limit == 0 || history["phase"] != "active" {
        if history["phase"] == "failed" {
          throw SottoFailure.timeout("The history did not go (\(history.shown("failure"))).")
        }
        Output.line(json ? history.line : sentence(for: history))
        return
      }
      guard ContinuousClock.now < end else {
        throw SottoFailure.timeout("The history is still on its way, and goes on by itself.")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private static func sentence(for history: JSONValue) -> String {
    let count = history.shown("messages")
    let missing = history["missing"] == 0 ? "" : ", \(history.shown("missing")) could not be had"
    let state =
      switch history["phase"]?.text {
      case "waiting": "nothing was given"
      case "active": "\(count) messages so far"
      case "listed": "\(count) messages are with the server"
      case "done": "\(count) messages, all taken in"
      default: "failed (\(history.shown("failure")))"
      }
    let isGiven = history["role"] == "giver"
    var whom = isGiven ? "To device \(history.shown("deviceId"))" : "To this device"
    if let member = history["member"]?.text {
      whom += isGiven ? " of \(member)" : " from \(member)"
    }
    return "\(whom): \(state)\(missing)."
  }
}

extension Group {
  struct Grant: GroupChangeCommand {
    static let method = "group-grant"
    static let configuration = CommandConfiguration(
      abstract: "Hand a member what was said before they came.",
      discussion: """
        Admins may, and everybody in the group sees it. The newest messages go first, sealed for \
        the member's devices alone, over the server, and go on by themselves. What disappears \
        keeps its end; what goes after a look stays here. The member is shown whose word it is.
        """)

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var extent: HistoryOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
      guard extent.isGiven else {
        throw ValidationError("Say how much: --last or --since.")
      }
    }

    var parameters: [String: JSONValue] {
      extent.parameters.merging(["member": .string(person.address)]) { $1 }
    }
  }
}
