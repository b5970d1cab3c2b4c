// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// Whom a verb is about.
struct Whom: ParsableArguments {
  @Argument(help: "Whom, name@domain, or a group.")
  var address: String
}

/// A verb that asks one thing about a conversation or a person, and prints nothing but JSON.
protocol ContactCommand: AsyncParsableCommand {
  /// The method of the local protocol.
  static var method: String { get }
  var whom: Whom { get }
  var options: GlobalOptions { get }
}

extension ContactCommand {
  func run() async throws {
    let (json, question) = (options.json, ["address": JSONValue.string(whom.address)])
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call(Self.method, question)
        if json { Output.line(result.line) }
      }
    }
  }
}

struct Requests: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Conversations that strangers began: see them, accept, delete or block.",
    discussion: """
      Until you accept, nothing is sent back: nobody learns that a message arrived or was read. \
      Writing to somebody is accepting.
      """,
    subcommands: [List.self, Show.self, Accept.self, Delete.self, Block.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The conversations that wait to be accepted.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let json = options.json
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("requests-list", [:])
          if json {
            Output.line(result.line)
          } else {
            for request in result["requests"]?.elements ?? [] {
              let name = request["name"] == nil ? "" : "  \(request.shown("name"))"
              Output.line(
                "\(request.shown("address"))\(name)  from \(request.shown("from"))"
                  + "  \(request.shown("messages")) message(s)")
            }
          }
        }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What was said in one of them. Nobody learns that you looked.")

    @OptionGroup var whom: Whom
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, question) = (options.json, ["address": JSONValue.string(whom.address)])
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("requests-show", question)
          if json {
            Output.line(result.line)
          } else {
            for line in (result["lines"]?.elements ?? []).reversed() {
              Output.line("\(line.shown("from")): \(EventText.body(line["text"]?.text ?? ""))")
            }
          }
        }
      }
    }
  }

  struct Accept: ContactCommand {
    static let method = "requests-accept"
    static let configuration = CommandConfiguration(abstract: "Accept a conversation.")
    @OptionGroup var whom: Whom
    @OptionGroup var options: GlobalOptions
  }

  struct Delete: ContactCommand {
    static let method = "requests-delete"
    static let configuration = CommandConfiguration(
      abstract: "Forget what was said in it; a group is left.")
    @OptionGroup var whom: Whom
    @OptionGroup var options: GlobalOptions
  }

  struct Block: ContactCommand {
    static let method = "requests-block"
    static let configuration = CommandConfiguration(
      abstract: "Delete it, and take nothing more from its sender.")
    @OptionGroup var whom: Whom
    @OptionGroup var options: GlobalOptions
  }
}

struct BlockPerson: ContactCommand {
  static let method = "block"
  static let configuration = CommandConfiguration(
    commandName: "block", abstract: "Take nothing more from somebody. Nobody is told.")
  @OptionGroup var whom: Whom
  @OptionGroup var options: GlobalOptions
}

struct UnblockPerson: ContactCommand {
  static let method = "unblock"
  static let configuration = CommandConfiguration(
    commandName: "unblock", abstract: "Take messages of somebody again.")
  @OptionGroup var whom: Whom
  @OptionGroup var options: GlobalOptions
}

struct Blocked: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Who is blocked.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call("blocked", [:])
        if json {
          Output.line(result.line)
        } else {
          for person in result["blocked"]?.elements ?? [] { Output.line(person.shown("address")) }
        }
      }
    }
  }
}
