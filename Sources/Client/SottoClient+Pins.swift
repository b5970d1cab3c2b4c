// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that are pinned in their conversation, for everybody.
extension SottoClient {
  /// Pins a message, until a time or until it is unpinned.
  ///
  /// - Returns: the identifier by which `wait` and `state` know how far that has come.
  /// - Throws: `unknownMessage`, `notPermitted`, and what `send` throws.
  @discardableResult
  public func pinMessage(
    _ messageID: [UInt8], with address: String, until: ScheduleTime? = nil
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.pin(address: address, messageID: messageID, until: until))
  }

  /// Takes that back, for everybody.
  ///
  /// - Throws: `unknownMessage`, `badRequest` when it is not pinned, `notPermitted`, what `send`
  ///   throws.
  @discardableResult
  public func unpinMessage(
    _ messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.unpin(address: address, messageID: messageID))
  }

  /// The messages that are pinned, the newest pin first.
  ///
  /// - Throws: `unknownConversation`.
  public func pinnedMessages(
    in address: String
  ) async throws(ClientFailure) -> [PinReport] {
    guard case .pinned(let reports) = try await answer(.pin(.list(address: address))) else {
      throw mismatch()
    }
    return reports
  }

  private func queued(_ request: ClientPinRequest) async throws(ClientFailure) -> [UInt8] {
    guard case .queued(let messageID) = try await answer(.pin(request)) else { throw mismatch() }
    return messageID
  }
}
