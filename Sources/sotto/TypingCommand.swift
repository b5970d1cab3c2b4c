// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct Typing: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell whoever is there that you type, or have stopped.",
    discussion: """
      It is shown for ten seconds, unless you say it again, and is kept nowhere. It reaches nobody \
      who is not connected, and nobody at all while the setting typing is off, in requests that \
      were not accepted, and in groups of more than 32 people. With a daemon it ends by itself \
      after five seconds.
      """)

  @Argument(help: "In which conversation: name@domain, or a group.", completion: .addresses)
  var address: String

  @Flag(help: "You have stopped.")
  var stop = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let stop = stop
    let parameters: [String: JSONValue] = ["address": .string(address), "stop": .bool(stop)]
    try await options.tell("typing", parameters, settles: true) { result in
      stop || result["told"] == true ? nil : "Nobody was told."
    }
  }
}
