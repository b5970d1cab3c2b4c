// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SottoClient

struct Device: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The devices of an account: link one, see them, name them, remove one.",
    subcommands: [
      Link.self, Accept.self, List.self, Rename.self, Remove.self, ShareHistory.self, History.self,
    ])

  struct Link: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring this device into an account that another device has.",
      discussion: """
        Prints a link. Type `sotto device accept LINK` on the other device, and compare the codes \
        that both show. Whoever sees the link before that can take its place: keep it to yourself.
        """)

    @Option(help: "The invite link of the account's server.")
    var invite: String

    @Option(help: "What this device is called; only the account's own devices learn it.")
    var name: String?

    @Option(help: "Give up after this many seconds.")
    var timeout: Double = 600

    @OptionGroup var picture: PictureOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, invite, limit, name) = (options.json, invite, timeout, name)
      let picture = picture
      try await options.perform(for: timeout) { access in
        try await access.connect(creates: true, settles: true) { connection in
          if let name { _ = try await connection.call("device-rename", ["name": .string(name)]) }
          let offer = try await connection.call("device-link", ["invite": .string(invite)])
          if !json, let link = offer["link"]?.text { picture.draw(link) }
          Output.line(json ? offer.line : offer.shown("link"))
          let compare = try await Device.wait(for: ["compare", "done"], limit, &connection)
          Output.line(json ? compare.line : "Code: \(compare.shown("code"))")
          let done = try await Device.wait(for: ["done"], limit, &connection)
          Output.line(
            json ? done.line : "This is a device of \(done.shown("address")) now.")
        }
      }
    }
  }

  struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring another device into this account; asks for the code that it shows.")

    @Argument(help: "The link that the other device shows.")
    var link: String

    @Option(help: "The code that the other device shows; asked for when it is not given.")
    var code: String?

    @Flag(help: "Give it what was said before, too: all of it, or what --last and --since say.")
    var history = false

    @OptionGroup var extent: HistoryOptions

    @Option(help: "Give up after this many seconds.")
    var timeout: Double = 600

    @OptionGroup var options: GlobalOptions

    func validate() throws {
      if !history, extent.isGiven {
        throw ValidationError("--last and --since go with --history.")
      }
    }

    func run() async throws {
      let (json, link, given, limit) = (options.json, link, code, timeout)
      let shared = history ? extent.parameters : nil
      try await options.perform(for: timeout) { access in
        try await access.connect(settles: true) { connection in
          _ = try await connection.call("device-accept", ["link": .string(link)])
          let compare = try await Device.wait(for: ["compare"], limit, &connection)
          if !json { Output.line("Code: \(compare.shown("code"))") }
          if given == nil { Output.error("Type the code that the other device shows:") }
          let typed = given ?? readLine(strippingNewline: true) ?? ""
          _ = try await connection.call(
            "device-confirm", ["code": .string(typed.filter { !$0.isWhitespace })])
          let done = try await Device.wait(for: ["done"], limit, &connection)
          Output.line(json ? done.line : "The device is one of \(done.shown("address")) now.")
          let devices = try await connection.call("device-list")["devices"]?.elements ?? []
          let number = devices.compactMap { $0["deviceId"]?.integer }.max() ?? 0
          guard let shared else {
            if !json {
              Output.line("What was said before stays here: sotto device share-history \(number)")
            }
            return
          }
          try await Device.share(shared, with: number, limit, json, &connection)
        }
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The devices of this account.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let json = options.json
      try await options.perform { access in
        try await access.connect { connection in
          let result = try await connection.call("device-list")
          for device in result["devices"]?.elements ?? [] {
            let own = device["own"] == true ? "  (this one)" : ""
            let name = device["name"]?.text.map { "  " + TerminalText.neutralised($0) } ?? ""
            let since = EventText.short(device.shown("addedAt"))
            Output.line(
              json ? device.line : "\(device.shown("deviceId"))  since \(since)\(name)\(own)")
          }
        }
      }
    }
  }

  struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a device a name; only the account's own devices learn it.",
      discussion: "An empty name takes it away. Without a number this device is named.")

    @Argument(help: "The device's number, as list shows it; then the name.")
    var words: [String]

    @OptionGroup var options: GlobalOptions

    func validate() throws {
      guard words.count == 1 || words.count == 2 && Int(words[0]) != nil else {
        throw ValidationError("Type a name, or a device's number and a name.")
      }
    }

    func run() async throws {
      let json = options.json
      var parameters: [String: JSONValue] = ["name": .string(words[words.count - 1])]
      if words.count == 2, let number = Int(words[0]) {
        parameters["deviceId"] = .integer(Int64(number))
      }
      let question = parameters
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("device-rename", question)
          if json { Output.line(result.line) }
        }
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a device out of this account and of every conversation, at once.")

    @Argument(help: "The device's number, as list shows it.")
    var number: Int

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, number) = (options.json, number)
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call(
            "device-remove", ["deviceId": .integer(Int64(number))])
          if json { Output.line(result.line) }
        }
      }
    }
  }

  /// Asks until linking has come this far.
  private static func wait(
    for phases: Set<String>, _ limit: Double, _ connection: inout SottoConnection
  ) async throws -> JSONValue {
    let end = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < end {
      let state = try await connection.call("device-link-state")
      if state["phase"] == "failed" {
        throw SottoFailure.timeout("Linking came to nothing (\(state.shown("failure"))).")
      }
      if phases.contains(state["phase"]?.text ?? "") { return state }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw SottoFailure.timeout("The other device did not answer in time.")
  }
}
