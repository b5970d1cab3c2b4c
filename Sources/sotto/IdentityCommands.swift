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

    @OptionGroup var proof: ProofOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      try await options.tell("identity-accept", proof.parameters, settles: true) { result in
        let mark = result["verifiedAt"] == nil ? "It was not compared." : "It is marked."
        return "The new identity key of \(result.shown("address")) is taken. \(mark)"
      }
    }
  }
}
