// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that disappear.
extension SottoClient {
  /// The timers that programs offer first; every other length can be given as well.
  public static let timerPresets = MessageTimer.presets

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
    try await timerReport(of: address).timer
  }

  /// The timer of a conversation, and what one of two people proposes in its place.
  ///
  /// - Throws: `unknownConversation`.
  public func timerReport(of address: String) async throws(ClientFailure) -> TimerReport {
    guard case .timer(let report) = try await answer(.timer(address: address)) else {
      throw mismatch()
    }
    return report
  }

  /// Agrees to the timer that the other person proposes, or turns it down; an own proposal is taken
  /// back.
  ///
  /// - Throws: `unknownConversation`, `badRequest` when nothing is proposed, `notPermitted` for
  ///   agreeing with oneself.
  public func answerTimer(
    of address: String, accepting: Bool
  ) async throws(ClientFailure) {
    let request = ClientRequest.answerTimer(address: address, accepting: accepting)
    guard case .accepted = try await answer(request) else { throw mismatch() }
  }

  /// Sets it for everybody, for messages from now on. With a person a shorter one holds at once,
  /// and every other one when the person agrees; of a group its permissions say who may.
  ///
  /// - Throws: among others `badRequest`, `notPermitted`.
  public func setTimer(
    _ timer: MessageTimer?, of address: String
  ) async throws(ClientFailure) {
    let request = ClientRequest.setTimer(address: address, timer: timer)
    guard case .accepted = try await answer(request) else { throw mismatch() }
  }
}
