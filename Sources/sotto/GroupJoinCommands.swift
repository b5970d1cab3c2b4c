// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

extension Group {
  struct OpenLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "link",
      abstract: "Open a link by which people can ask to come into a group.",
      discussion: """
        Every member sees the link and can hand it on. Who asks is let in by the device of an \
        admin that is online, at once, or with --approval after `sotto group admit`.
        """)

    @OptionGroup var name: Name

    @Option(help: "When it ends: a time, or a wait as +24h.")
    var expires: String?

    @Option(help: "How many may come in by it.")
    var uses: Int?

    @Flag(help: "Somebody who may add people says yes to each.")
    var approval = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      var parameters: [String: JSONValue] = [
        "address": .string(name.group), "approval": .bool(approval),
      ]
      if let expires { parameters["expires"] = .string(expires) }
      if let uses { parameters["uses"] = .integer(Int64(uses)) }
      try await Group.ask("group-link", parameters, options) { [$0.shown("link")] }
    }
  }

  struct Links: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The links into a group.")

    @OptionGroup var name: Name
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Group.ask("group-links", ["address": .string(name.group)], options) { result in
        (result["links"]?.elements ?? []).map { link in
          var words = [link.shown("linkId"), link.shown("link")]
          if link["expiresAt"] != nil { words.append("until \(link.shown("expiresAt"))") }
          if link["uses"] != nil { words.append("\(link.shown("uses")) left") }
          if link["approval"] == true { words.append("with approval") }
          if link["open"] != true { words.append("not open yet") }
          return words.joined(separator: "  ")
        }
      }
    }
  }

  struct Unlink: GroupChangeCommand {
    static let method = "group-unlink"
    static let configuration = CommandConfiguration(abstract: "Close a link into a group.")

    @OptionGroup var name: Name

    @Argument(help: "The number of the link, as `sotto group links` shows it.")
    var link: String

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["linkId": .string(link)] }
  }

  struct Knocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Those who ask to come into a group.")

    @OptionGroup var name: Name
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Group.ask("group-knocks", ["address": .string(name.group)], options) { result in
        (result["knocks"]?.elements ?? []).map { "\($0.shown("address"))  \($0.shown("at"))" }
      }
    }
  }

  struct Admit: GroupChangeCommand {
    static let method = "group-admit"
    static let configuration = CommandConfiguration(
      abstract: "Let somebody in who asks to come into a group.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["member": .string(person.address)] }
  }

  struct Refuse: GroupChangeCommand {
    static let method = "group-refuse"
    static let configuration = CommandConfiguration(
      abstract: "Refuse somebody who asks to come into a group. Nobody is told.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["member": .string(person.address)] }
  }

  struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask to come into the group of a link; prints its reference.",
      discussion: """
        The devices of the group's admins see your address, and nobody else does. You are in once \
        one of them has let you in; a daemon has to run, or any verb now and then, for that.
        """)

    @Argument(help: "The link, sotto-group:…")
    var link: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Group.ask("group-join", ["link": .string(link)], options) {
        [$0.shown("address")]
      }
    }
  }

  struct Asked: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The groups that this account asks to come into.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await Group.ask("group-asked", [:], options) { result in
        (result["groups"]?.elements ?? []).map { group in
          let asked = group["askedAt"] == nil ? "not asked yet" : "asked \(group.shown("askedAt"))"
          return "\(group.shown("address"))  \(asked)"
        }
      }
    }
  }

  struct Withdraw: GroupChangeCommand {
    static let method = "group-withdraw"
    static let configuration = CommandConfiguration(
      abstract: "Ask to come into a group no more.")

    @OptionGroup var name: Name
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { [:] }
  }

  /// Asks the daemon and prints the answer, as JSON or by lines.
  static func ask(
    _ method: String, _ parameters: [String: JSONValue], _ options: GlobalOptions,
    lines: @escaping @Sendable (JSONValue) -> [String]
  ) async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call(method, parameters)
        if json { Output.line(result.line) } else { lines(result).forEach { Output.line($0) } }
      }
    }
  }
}
