// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

struct SafetyNumber: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "safety-number",
    abstract: "Show the number that both of you must see, when compared in person.")

  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @OptionGroup var picture: PictureOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (json, address, picture) = (options.json, address, picture)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("safety-number", ["address": .string(address)])
        guard !json else {
          Output.line(result.line)
          return
        }
        if let text = result["text"]?.text { picture.draw(text) }
        Output.line(SafetyNumber.grouped(result["safetyNumber"]?.text ?? ""))
        Output.line(result.shown("text"))
        Output.line("compared: \(result.shown("verifiedAt", or: "never"))")
        if result["identityChanged"]?.bool == true {
          Output.line("The directory now offers another identity. Do not trust it unchecked.")
          if let offered = result["offeredSafetyNumber"]?.text {
            Output.line("With that one the number would be:")
            Output.line(SafetyNumber.grouped(offered))
            Output.line("When it is theirs: sotto identity accept, with --number.")
          }
        }
      }
    }
  }

  /// Groups of five digits, four a line.
  private static func grouped(_ digits: String) -> String {
    var rest = Substring(digits.filter(\.isNumber))
    var groups: [Substring] = []
    while !rest.isEmpty {
      groups.append(rest.prefix(5))
      rest = rest.dropFirst(5)
    }
    return stride(from: 0, to: groups.count, by: 4).map { start in
      groups[start..<min(start + 4, groups.count)].joined(separator: " ")
    }.joined(separator: "\n")
  }
}

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Mark somebody's identity key as compared, in person or by what their screen shows.")

  @Argument(help: "Whose, name@domain.", completion: .addresses)
  var address: String

  @Option(help: "The 60 digits that the other screen shows.")
  var number: String?

  @Option(help: "The text of the code that the other screen shows.")
  var text: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var parameters: [String: JSONValue] = ["address": .string(address)]
    if let number { parameters["number"] = .string(number) }
    if let text { parameters["text"] = .string(text) }
    let (json, question) = (options.json, parameters)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("verify", question)
        let sentence = "The identity key of \(result.shown("address")) is marked."
        Output.line(json ? result.line : sentence)
      }
    }
  }
}

struct Unverify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the mark off somebody's identity key.")

  @Argument(help: "Whose, name@domain.", completion: .addresses)
  var address: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let (json, address) = (options.json, address)
    try await options.perform { access in
      try await access.connect { connection in
        let result = try await connection.call("unverify", ["address": .string(address)])
        let sentence = "The identity key of \(result.shown("address")) has no mark."
        Output.line(json ? result.line : sentence)
      }
    }
  }
}
