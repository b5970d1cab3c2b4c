// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Group: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Groups: make one, see who is in it, change it, leave it.",
    discussion: "A group is named by its name, if no other has it, or by its reference.",
    subcommands: [
      Create.self, Show.self, Add.self, Remove.self, Ban.self, Unban.self, Leave.self,
      Rename.self, Describe.self, Picture.self, Role.self, Permit.self, OpenLink.self, Links.self,
      Unlink.self, Knocks.self, Admit.self, Refuse.self, Join.self, Asked.self, Withdraw.self,
      Grant.self,
    ])

  /// Which group is meant.
  struct Name: ParsableArguments {
    @Argument(help: "The group: its name, or its reference.")
    var group: String
  }

  /// Whom it is about.
  struct Person: ParsableArguments {
    @Argument(help: "Whom, name@domain.")
    var address: String
  }

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a group and ask people in; prints its reference.")

    @Argument(help: "What people will call it.")
    var name: String

    @Argument(help: "Whom to ask in, name@domain, any number.")
    var members: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let parameters: [String: JSONValue] = [
        "name": .string(name), "members": .array(members.map { .string($0) }),
      ]
      let json = options.json
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("group-create", parameters)
          Output.line(json ? result.line : result.shown("address"))
        }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who is in a group, and who may do what.")

    @OptionGroup var name: Name
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, group) = (options.json, name.group)
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("group-show", ["address": .string(group)])
          if json {
            Output.line(result.line)
          } else {
            Group.lines(of: result).forEach { Output.line($0) }
          }
        }
      }
    }
  }

  /// A group as people read it.
  private static func lines(of group: JSONValue) -> [String] {
    var lines = ["\(group.shown("name"))  \(group.shown("phase"))  \(group.shown("address"))"]
    if group["about"] != nil { lines.append(EventText.body(group["about"]?.text ?? "")) }
    if let picture = group["picture"] {
      lines.append("Picture: \(picture.shown("width"))×\(picture.shown("height"))")
    }
    for member in group["members"]?.elements ?? [] {
      let own = member["own"] == true ? " (you)" : ""
      lines.append("  \(member.shown("address"))  \(member.shown("role"))\(own)")
    }
    let permissions = ["add", "remove", "info", "timer", "post", "call"].compactMap { action in
      group["permissions"]?[action]?.text.map { "\(action): \($0)" }
    }
    lines.append("Who may: " + permissions.joined(separator: ", "))
    if let waiting = group["waiting"], waiting != .integer(0) {
      lines.append("\(group.shown("waiting")) change(s) wait to be done.")
    }
    return lines
  }
}
