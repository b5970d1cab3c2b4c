// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The method of who types.
extension ClientMethods {
  static let typingNames: Set<String> = ["typing"]

  /// Calls one of `typingNames`.
  func callTyping(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let stops = try input.flag("stop")
    try input.finish()
    return ["told": .bool(try await client.typing(in: address, isTyping: !stops))]
  }
}

extension TypingNotice {
  /// The event that is not kept: it has no number.
  var json: JSONValue {
    [
      "type": "typing", "at": at.json, "address": .string(address), "from": .string(sender),
      "typing": .bool(isTyping),
    ]
  }
}
