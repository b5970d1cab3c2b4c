// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Search: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find messages by their words, the newest first.",
    discussion: """
      A message is found when it has all words, or words that begin with them; capitals and \
      accents do not count. The search is done here, in the encrypted store; nobody else learns \
      of it, and nothing becomes read.
      """)

  @Argument(help: "The words to look for.")
  var text: String

  @Option(name: .customLong("in"), help: "Only in the conversation with this address.")
  var conversation: String?

  @Option(help: "Only what this address has sent.")
  var from: String?

  @Option(help: "Only from this time on: a date, or a time as 2026-11-24T12:00:00Z.")
  var since: String?

  @Option(help: "Only before this time; a date alone counts whole.")
  var until: String?

  @Option(help: "How many messages, 1 to 1000.")
  var limit = 20

  @Option(help: "Only messages before the one of this order: the next page.")
  var before: Int?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = [
      "text": .string(text), "limit": .integer(Int64(limit)),
    ]
    for (name, value) in [("in", conversation), ("from", from), ("since", since), ("until", until)]
    {
      if let value { parameters[name] = .string(value) }
    }
    if let before { parameters["before"] = .integer(Int64(before)) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("search", question)
        for hit in result["hits"]?.elements ?? [] {
          Output.line(json ? hit.line : Search.sentence(for: hit))
        }
      }
    }
  }

  /// Time, conversation, sender and snippet, in which what was found stands in brackets.
  private static func sentence(for hit: JSONValue) -> String {
    let snippet = (hit["snippet"]?.elements ?? []).map { piece in
      piece["match"] == true ? "[\(piece.shown("text"))]" : piece.shown("text")
    }
    let sender = hit["from"] == hit["address"] ? "" : " \(hit.shown("from"))"
    return "\(EventText.short(hit.shown("at"))) \(hit.shown("address"))\(sender): "
      + "\(snippet.joined()) #\(hit.shown("order"))"
  }
}
