// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// What one does with messages that are there. Each gives the identifier by which `wait` and
/// `state` know how far it has come.
extension SottoClient {
  /// Answers a message of the conversation.
  ///
  /// - Throws: `unknownMessage` when it is not here, and what `send` throws.
  public func reply(
    _ text: String, to messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queue(.reply(address: address, messageID: messageID, text: text))
  }

  /// Adds a reaction of one character to a message, or takes the own one back. A reaction that is
  /// there already is not sent again.
  ///
  /// - Throws: among others `unknownMessage`, `badRequest`, `quotaExceeded`.
  @discardableResult
  public func react(
    _ reaction: String, to messageID: [UInt8], with address: String, removing: Bool = false
  ) async throws(ClientFailure) -> [UInt8] {
    try await queue(
      .react(address: address, messageID: messageID, reaction: reaction, removing: removing))
  }

  /// Replaces what an own message says, for everyone; earlier versions stay readable for all.
  ///
  /// - Throws: among others `unknownMessage`, `badRequest` for a message of somebody else.
  @discardableResult
  public func edit(
    _ messageID: [UInt8], with address: String, text: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queue(.edit(address: address, messageID: messageID, text: text))
  }

  /// Removes a message from this account, or takes an own one back from everyone.
  ///
  /// - Throws: among others `unknownMessage`, `badRequest` for a message of somebody else that is
  ///   to go for everyone.
  @discardableResult
  public func delete(
    _ messageID: [UInt8], with address: String, forEveryone: Bool
  ) async throws(ClientFailure) -> [UInt8] {
    try await queue(
      .delete(address: address, messageID: messageID, forEveryone: forEveryone))
  }

  /// What a message has said, oldest first; the last is what it says now.
  ///
  /// - Throws: `unknownConversation`, `unknownMessage`.
  public func revisions(
    of messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [MessageRevision] {
    let answer = try await answer(.revisions(address: address, messageID: messageID))
    guard case .revisions(let revisions) = answer else { throw mismatch() }
    return revisions
  }

  private func queue(_ request: ClientRequest) async throws(ClientFailure) -> [UInt8] {
    guard case .queued(let messageID) = try await answer(request) else { throw mismatch() }
    return messageID
  }
}
