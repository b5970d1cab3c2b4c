// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

extension GlobalOptions {
  /// Calls a method that sends something to an address.
  func send(
    _ method: String, _ parameters: [String: JSONValue], _ goal: Send.Goal?, _ timeout: Double
  ) async throws {
    let json = json
    try await perform { access in
      try await access.connect(settles: true) { connection in
        let result = try await Send.send(method, parameters, goal, timeout, &connection)
        Output.line(json ? result.line : Send.sentence(for: result))
      }
    }
  }
}

struct SendLocation: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send-location", abstract: "Send a place.",
    discussion: "Degrees that begin with a minus follow --, as in: -- -33.86 151.21.")

  @Argument(help: "To whom, name@domain.", completion: .addresses)
  var address: String

  @Argument(help: "Degrees north, as 48.2082.")
  var latitude: String

  @Argument(help: "Degrees east, as 16.3738.")
  var longitude: String

  @Option(help: "What the place is called.")
  var label: String?

  @Option(help: "Wait until the message is queued, stored, delivered or read.")
  var wait: Send.Goal?

  @Option(help: "With --wait: give up after this many seconds.")
  var timeout: Double = 30

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = [
      "address": .string(address), "latitude": .string(latitude),
      "longitude": .string(longitude),
    ]
    if let label { parameters["label"] = .string(label) }
    try await options.send("send-location", parameters, wait, timeout)
  }
}

struct SendContact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send-contact", abstract: "Send somebody's name and address.")

  @Argument(help: "To whom, name@domain.", completion: .addresses)
  var address: String

  @Argument(help: "Whose, name@domain.", completion: .addresses)
  var contact: String

  @Option(help: "What they are called.")
  var name: String?

  @Option(help: "Wait until the message is queued, stored, delivered or read.")
  var wait: Send.Goal?

  @Option(help: "With --wait: give up after this many seconds.")
  var timeout: Double = 30

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = [
      "address": .string(address), "contact": .string(contact),
    ]
    if let name { parameters["name"] = .string(name) }
    try await options.send("send-contact", parameters, wait, timeout)
  }
}
