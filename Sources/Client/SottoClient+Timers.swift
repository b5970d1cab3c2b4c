// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that disappear.
extension SottoClient {
  /// Puts a text with a timer of its own into the outbox; it may be shorter than the
  /// conversation's, and never longer.
  ///
  /// - Returns: the message's identifier.
  /// - Throws: what `send` throws, and `badRequest` for a timer that cannot be.
  public func send(
    _ text: String, to address: String, timer: MessageTimer
  ) async throws(ClientFailure) -> [UInt8] {
    let request = ClientRequest.sendTimed(address: address, text: text, timer: timer)
    guard case .queued(let messageID) = try await answer(request) else { throw mismatch() }
    return messageID
  }

  /// The timer of what this account writes in a conversation; in a group that of everybody.
  ///
  /// - Throws: `unknownConversation`.
  public func timer(of address: String) async throws(ClientFailure) -> MessageTimer? {
    guard case .timer(let timer) = try await answer(.timer(address: address)) else {
      throw mismatch()
    }
    return timer
  }

  /// Sets it, for messages from now on. With a person it holds for own messages; a group's is
  /// changed for everybody, which its permissions rule.
  ///
  /// - Throws: among others `badRequest`, `notPermitted`.
  public func setTimer(
    _ timer: MessageTimer?, of address: String
  ) async throws(ClientFailure) {
    let request = ClientRequest.setTimer(address: address, timer: timer)
    guard case .accepted = try await answer(request) else { throw mismatch() }
  }
}
