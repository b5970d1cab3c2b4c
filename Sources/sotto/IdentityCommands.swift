// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct IdentityKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity",
    abstract: "What to do when somebody's identity key has changed.",
    discussion: """
      Ask the person by another way whether they made a new account. sotto safety-number shows \
      the digits with the key that is offered.
      """,
    subcommands: [Accept.self])

  struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take the other identity key, and send what failed because of it.")

    @Argument(help: "Whose, name@domain.", completion: .addresses)
    var address: String

    @Option(help: "The 60 digits that the other screen shows: the key is marked as compared.")
    var number: String?

    @Option(help: "The text of the code that the other screen shows, likewise.")
    var text: String?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      var parameters: [String: JSONValue] = ["address": .string(address)]
      if let number { parameters["number"] = .string(number) }
      if let text { parameters["text"] = .string(text) }
      let (json, question) = (options.json, parameters)
      try await options.perform { access in
        try await access.connect(settles: true) { connection in
          let result = try await connection.call("identity-accept", question)
          let mark = result["verifiedAt"] == nil ? "It was not compared." : "It is marked."
          let sentence = "The new identity key of \(result.shown("address")) is taken. \(mark)"
          Output.line(json ? result.line : sentence)
        }
      }
    }
  }
}
