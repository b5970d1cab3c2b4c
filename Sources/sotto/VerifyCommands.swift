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

  @OptionGroup var proof: ProofOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await options.tell("verify", proof.parameters) { result in
      "The identity key of \(result.shown("address")) is marked."
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
    try await options.tell("unverify", ["address": .string(address)]) { result in
      "The identity key of \(result.shown("address")) has no mark."
    }
  }
}
