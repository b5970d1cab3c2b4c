// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that disappear, and are kept because their authors agree.
extension SottoClient {
  /// Lets an own message be kept by everybody in the conversation; of somebody else's, asks its
  /// author for that. Without the author's consent it disappears as it would have.
  ///
  /// - Returns: the identifier by which `wait` and `state` know how far that has come.
  /// - Throws: `unknownMessage`, `badRequest` when the message does not disappear, is shown once or
  ///   is kept already, `notPermitted` when its author has refused, and what `send` throws.
  @discardableResult
  public func keepMessage(
    _ messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.keep(address: address, messageID: messageID))
  }

  /// Takes that back. An own message disappears then at the end of its time, and at once when that
  /// is over.
  ///
  /// - Throws: `unknownMessage`, `badRequest`, `notPermitted`, and what `send` throws.
  @discardableResult
  public func unkeepMessage(
    _ messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.unkeep(address: address, messageID: messageID))
  }

  /// Agrees to what somebody asks about an own message, or turns it down.
  ///
  /// - Throws: `unknownMessage`, `badRequest`, `notPermitted` for somebody else's message, and what
  ///   `send` throws.
  @discardableResult
  public func answerKeeping(
    _ messageID: [UInt8], with address: String, accepting: Bool
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.answer(address: address, messageID: messageID, accepting: accepting))
  }

  /// Messages that are kept, or that somebody asks to keep, the newest first; 1,000 at most.
  ///
  /// - Throws: `unknownConversation`.
  public func keptMessages(in address: String) async throws(ClientFailure) -> [HistoryLine] {
    guard case .kept(let lines) = try await answer(.keep(.list(address: address))) else {
      throw mismatch()
    }
    return lines
  }

  private func queued(_ request: ClientKeepRequest) async throws(ClientFailure) -> [UInt8] {
    guard case .queued(let messageID) = try await answer(.keep(request)) else { throw mismatch() }
    return messageID
  }
}
