// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of messages that disappear and are kept.
extension ClientMethods {
  static let keepNames: Set<String> = ["keep", "unkeep", "kept"]

  /// What is said about single messages.
  static let remarkNames = pinNames.union(keepNames)

  /// Calls one of `remarkNames`.
  func callRemark(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    ClientMethods.keepNames.contains(method)
      ? try await callKeep(method, input) : try await callPin(method, input)
  }

  /// Calls one of `keepNames`.
  private func callKeep(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    if method == "kept" {
      try input.finish()
      return ["messages": .array(try await client.keptMessages(in: address).map(\.json))]
    }
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let answer = method == "keep" ? try input.optionalString("answer") : nil
    let wait = try Wait(&input).forAnnotations()
    try input.finish()
    let id: [UInt8]
    switch (method, answer) {
    case ("keep", nil): id = try await client.keepMessage(messageID, with: address)
    case ("keep", "accept"), ("keep", "refuse"):
      id = try await client.answerKeeping(
        messageID, with: address, accepting: answer == "accept")
    case ("keep", _):
      throw ClientFailure(.badRequest, "The answer is accept or refuse.")
    default: id = try await client.unkeepMessage(messageID, with: address)
    }
    return try await waiting(wait, for: id, to: address)
  }
}

extension KeepReport {
  /// What a line has of it.
  var members: [String: JSONValue] {
    if isKept { return ["kept": true] }
    return ["keepAskedBy": .array(askedBy.map { .string($0) })]
  }
}
