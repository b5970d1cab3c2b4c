// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// A verb that wants one thing changed in a group. It is done once the server has the commit.
protocol GroupChangeCommand: AsyncParsableCommand {
  /// The method of the local protocol.
  static var method: String { get }
  var name: Group.Name { get }
  var options: GlobalOptions { get }
  /// What the method takes beside the group.
  var parameters: [String: JSONValue] { get }
}

extension GroupChangeCommand {
  func run() async throws {
    var parameters = parameters
    parameters["address"] = .string(name.group)
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call(Self.method, question)
        if json { Output.line(result.line) }
      }
    }
  }
}

extension Group {
  struct Add: GroupChangeCommand {
    static let method = "group-add"
    static let configuration = CommandConfiguration(abstract: "Ask somebody into a group.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person

    @Flag(help: "The person is a member whose device has lost step: bring it back.")
    var again = false

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] {
      ["member": .string(person.address), "again": .bool(again)]
    }
  }

  struct Remove: GroupChangeCommand {
    static let method = "group-remove"
    static let configuration = CommandConfiguration(abstract: "Remove somebody from a group.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["member": .string(person.address)] }
  }

  struct Ban: GroupChangeCommand {
    static let method = "group-ban"
    static let configuration = CommandConfiguration(
      abstract: "Remove somebody from a group, who cannot be added again.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["member": .string(person.address)] }
  }

  struct Unban: GroupChangeCommand {
    static let method = "group-unban"
    static let configuration = CommandConfiguration(abstract: "Let somebody be added again.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["member": .string(person.address)] }
  }

  struct Leave: GroupChangeCommand {
    static let method = "group-leave"
    static let configuration = CommandConfiguration(abstract: "Leave a group.")

    @OptionGroup var name: Name
    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { [:] }
  }

  struct Rename: GroupChangeCommand {
    static let method = "group-rename"
    static let configuration = CommandConfiguration(abstract: "Give a group another name.")

    @OptionGroup var name: Name

    @Argument(help: "The new name.")
    var newName: String

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["name": .string(newName)] }
  }

  struct Describe: GroupChangeCommand {
    static let method = "group-describe"
    static let configuration = CommandConfiguration(abstract: "Say what a group is about.")

    @OptionGroup var name: Name

    @Argument(help: "The description.")
    var text: String

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["text": .string(text)] }
  }

  struct Role: GroupChangeCommand {
    static let method = "group-role"
    static let configuration = CommandConfiguration(
      abstract: "Make somebody a member, an admin, or the owner in your place.")

    @OptionGroup var name: Name
    @OptionGroup var person: Person

    @Argument(help: "member, admin or owner.")
    var role: String

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] {
      ["member": .string(person.address), "role": .string(role)]
    }
  }

  struct Permit: GroupChangeCommand {
    static let method = "group-permit"
    static let configuration = CommandConfiguration(
      abstract: """
        Say who may add, remove, info (name, description, picture), \
        timer, post or call.
        """)

    @OptionGroup var name: Name

    @Argument(help: "add, remove, info, timer, post or call.")
    var action: String

    @Argument(help: "The least role: member, admin or owner.")
    var role: String

    @OptionGroup var options: GlobalOptions
    var parameters: [String: JSONValue] { ["action": .string(action), "role": .string(role)] }
  }
}
