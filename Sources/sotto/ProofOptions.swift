// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SottoClient

/// Whose identity key is meant, and what shows that it is theirs.
struct ProofOptions: ParsableArguments {
  @Argument(help: "Whose, name@domain.", completion: .addresses)
  var address: String

  @Option(help: "The 60 digits that the other screen shows: the key is marked as compared.")
  var number: String?

  @Option(help: "The text of the code that the other screen shows, likewise.")
  var text: String?

  var parameters: [String: JSONValue] {
    var parameters: [String: JSONValue] = ["address": .string(address)]
    if let number { parameters["number"] = .string(number) }
    if let text { parameters["text"] = .string(text) }
    return parameters
  }
}

extension GlobalOptions {
  /// Calls a method and prints its answer, as JSON or as a sentence.
  func tell(
    _ method: String, _ parameters: [String: JSONValue], settles: Bool = false,
    _ sentence: @escaping @Sendable (JSONValue) -> String?
  ) async throws {
    let json = json
    try await perform { access in
      try await access.connect(settles: settles) { connection in
        let result = try await connection.call(method, parameters)
        if json {
          Output.line(result.line)
        } else if let sentence = sentence(result) {
          Output.line(sentence)
        }
      }
    }
  }
}
