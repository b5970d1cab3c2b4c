// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Conversations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the conversations.")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let json = options.json
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("conversations")
        for item in result["conversations"]?.elements ?? [] {
          if json {
            Output.line(item.line)
          } else {
            let text = TerminalText.neutralised(String((item["lastText"]?.text ?? "").prefix(60)))
            let name = item["name"] == nil ? "" : "\(item.shown("name"))  "
            Output.line(
              "\(name)\(item.shown("address"))  \(item.shown("phase"))  "
                + "unread \(item.shown("unread"))  waiting \(item.shown("waiting"))  "
                + "\(Conversations.marks(of: item))\(text)")
          }
        }
      }
    }
  }
}

extension Conversations {
  /// How the conversation is arranged, and what was begun in it.
  fileprivate static func marks(of item: JSONValue) -> String {
    var marks = ["verified", "pinned", "archived", "muted"].filter { item[$0] == true }
    if item["markedUnread"] == true { marks.append("marked unread") }
    if let draft = item["draft"]?.text {
      marks.append("draft: \(TerminalText.neutralised(String(draft.prefix(30))))")
    }
    return marks.isEmpty ? "" : "[\(marks.joined(separator: ", "))]  "
  }
}

struct History: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the lines of a conversation, oldest first, and mark them read.")

  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @Option(help: "How many lines, the newest ones, 1 to 1000.")
  var limit = 50

  @Option(help: "Only lines before the one of this order.")
  var before: Int?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = [
      "address": .string(address), "limit": .integer(Int64(limit)),
    ]
    if let before { parameters["before"] = .integer(Int64(before)) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await connection.call("history", question)
        for item in result["messages"]?.elements ?? [] {
          Output.line(json ? item.line : EventText.history(item))
        }
      }
    }
  }
}

struct Protect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What protects a conversation.", subcommands: [Show.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show from live state who can learn what, and what is not protected.")

    @Argument(help: "With whom, name@domain.", completion: .addresses)
    var address: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let (json, address) = (options.json, address)
      try await options.perform { access in
        try await access.connect { connection in
          let result = try await connection.call("protect-show", ["address": .string(address)])
          guard !json else {
            Output.line(result.line)
            return
          }
          ProtectionText.lines(for: result).forEach { Output.line($0) }
        }
      }
    }
  }
}
