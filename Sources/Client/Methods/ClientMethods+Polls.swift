// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of polls.
extension ClientMethods {
  static let pollNames: Set<String> = ["poll-create", "poll-vote", "poll-end", "poll-show"]

  /// Calls one of `pollNames`.
  func callPoll(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "poll-create": return try await createPoll(input)
    case "poll-vote": return try await vote(input)
    case "poll-end": return try await endPoll(input)
    case "poll-show":
      var input = input
      let address = try input.string("address")
      let messageID = try ClientMethods.identifier(try input.string("messageId"))
      try input.finish()
      return try await client.poll(messageID, with: address).json(withVoters: true)
    default: preconditionFailure("a method that is not in the list")
    }
  }

  private func createPoll(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let question = try input.string("question")
    let choices = try input.strings("choices")
    let several = try input.flag("several")
    let wait = try Wait(&input)
    try input.finish()
    let id = try await client.createPoll(
      question, choices: choices, several: several, to: address)
    return try await waiting(wait, for: id, to: address)
  }

  private func vote(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let choices = try input.strings("choices").map { text throws(ClientFailure) in
      guard let number = Int(text) else {
        throw ClientFailure(.badRequest, "A choice is named by its number.")
      }
      return number
    }
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    let id = try await client.vote(for: choices, in: messageID, with: address)
    return try await waiting(wait, for: id, to: address)
  }

  private func endPoll(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    let id = try await client.endPoll(messageID, with: address)
    return try await waiting(wait, for: id, to: address)
  }
}

extension SpecialReport {
  /// What a message or a line has of it.
  var members: [String: JSONValue] {
    switch self {
    case .poll(let poll): ["poll": poll.json(withVoters: false)]
    case .location(let location): ["location": location.json]
    case .contact(let contact): ["contact": contact.json]
    }
  }
}

extension PollReport {
  func json(withVoters: Bool) -> JSONValue {
    [
      "question": .string(question), "several": .bool(several), "ended": .bool(isEnded),
      "voters": .integer(Int64(voterCount)),
      "choices": .array(
        choices.map { choice in
          var members: [String: JSONValue] = [
            "text": .string(choice.text), "votes": .integer(Int64(choice.voters.count)),
          ]
          if choice.own { members["own"] = true }
          if withVoters { members["from"] = .array(choice.voters.map { .string($0) }) }
          return .object(members)
        }),
    ]
  }
}
