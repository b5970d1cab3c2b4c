// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Polls. What sends something gives the identifier by which `wait` and `state` know how far it has
/// come.
extension SottoClient {
  /// Asks something; people vote for one of the choices, or for several.
  ///
  /// - Throws: `badRequest` for a question or choices that are none, and what `send` throws.
  public func createPoll(
    _ question: String, choices: [String], several: Bool = false, to address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(
      .create(address: address, question: question, choices: choices, several: several))
  }

  /// Votes for these choices, counted from 1, in place of an earlier vote; for none, takes it back.
  ///
  /// - Throws: `unknownMessage`, `badRequest` when it is no poll, has ended or has no such choice,
  ///   and what `send` throws.
  @discardableResult
  public func vote(
    for choices: [Int], in messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.vote(address: address, messageID: messageID, choices: choices))
  }

  /// Ends an own poll: later votes do not count.
  ///
  /// - Throws: `unknownMessage`, `badRequest`, and what `send` throws.
  @discardableResult
  public func endPoll(
    _ messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.end(address: address, messageID: messageID))
  }

  /// How a poll stands, and who voted for what.
  ///
  /// - Throws: `unknownConversation`, `unknownMessage`, `badRequest` when it is no poll.
  public func poll(
    _ messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> PollReport {
    let answer = try await answer(.poll(.show(address: address, messageID: messageID)))
    guard case .poll(let report) = answer else { throw mismatch() }
    return report
  }

  private func queued(_ request: ClientPollRequest) async throws(ClientFailure) -> [UInt8] {
    guard case .queued(let messageID) = try await answer(.poll(request)) else { throw mismatch() }
    return messageID
  }
}
