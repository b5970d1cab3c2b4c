// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The methods that say something about a message.
extension ClientMethods {
  /// How far a sender waits for.
  struct Wait {
    let goal: MessageState?
    let timeout: Duration

    /// Takes `wait` and `timeoutSeconds`.
    init(_ input: inout JSONRPCParameters) throws(ClientFailure) {
      switch try input.optionalString("wait") {
      case nil, "queued": goal = nil
      case "stored": goal = .stored
      case "delivered": goal = .delivered
      case "read": goal = .read
      default:
        throw ClientFailure(.badRequest, "A sender waits for queued, stored, delivered or read.")
      }
      timeout = try input.timeout() ?? .seconds(30)
    }
  }

  /// Waits as it was asked, and gives the identifier and the state.
  func waiting(
    _ wait: Wait, for messageID: [UInt8], to address: String
  ) async throws(ClientFailure) -> JSONValue {
    var state = MessageState.queued
    if let goal = wait.goal {
      state = try await client.wait(
        for: goal, of: messageID, to: address, timeout: wait.timeout)
    }
    return ["messageId": .identifier(messageID), "state": .string(state.rawValue)]
  }

  static func identifier(_ text: String) throws(ClientFailure) -> [UInt8] {
    guard let bytes = Hex.decode(text) else {
      throw ClientFailure(.badRequest, "A messageId is hexadecimal.")
    }
    return bytes
  }

  func reply(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let text = try input.string("text")
    let wait = try Wait(&input)
    try input.finish()
    let id = try await client.reply(text, to: messageID, with: address)
    return try await waiting(wait, for: id, to: address)
  }

  func react(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let reaction = try input.string("reaction")
    let removing = try input.flag("remove")
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    let id = try await client.react(reaction, to: messageID, with: address, removing: removing)
    return try await waiting(wait, for: id, to: address)
  }

  func edit(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let text = try input.string("text")
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    let id = try await client.edit(messageID, with: address, text: text)
    return try await waiting(wait, for: id, to: address)
  }

  func delete(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let onlyHere = try input.flag("forMe")
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    if onlyHere, wait.goal != nil {
      throw ClientFailure(.badRequest, "What is removed here alone is not sent.")
    }
    let id = try await client.delete(messageID, with: address, forEveryone: !onlyHere)
    return try await waiting(wait, for: id, to: address)
  }

  func revisions(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    try input.finish()
    let revisions = try await client.revisions(of: messageID, with: address)
    return [
      "revisions": .array(
        revisions.map { .object(["text": .string($0.text), "at": $0.at.json]) })
    ]
  }
}

extension ClientMethods.Wait {
  /// Nobody confirms that they have read a reaction, an edit or a deletion.
  func forAnnotations() throws(ClientFailure) -> ClientMethods.Wait {
    guard goal == nil || goal == .stored else {
      throw ClientFailure(.badRequest, "This can be waited for until it is queued or stored.")
    }
    return self
  }
}
