// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of pinned messages.
extension ClientMethods {
  static let pinNames: Set<String> = ["pin-message", "unpin-message", "pinned"]

  /// Calls one of `pinNames`.
  func callPin(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    if method == "pinned" {
      try input.finish()
      let pins = try await client.pinnedMessages(in: address)
      return ["messages": .array(pins.map(\.json))]
    }
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let id: [UInt8]
    let wait: Wait
    if method == "pin-message" {
      let until = try input.optionalScheduleTime("until")
      wait = try Wait(&input).forAnnotations()
      try input.finish()
      id = try await client.pinMessage(messageID, with: address, until: until)
    } else {
      wait = try Wait(&input).forAnnotations()
      try input.finish()
      id = try await client.unpinMessage(messageID, with: address)
    }
    return try await waiting(wait, for: id, to: address)
  }
}

extension PinReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "line": line.json, "from": .string(sender), "at": at.json, "until": until?.json,
    ])
  }
}
