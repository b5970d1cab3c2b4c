// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// What one arranges for oneself. Nothing of it leaves this device, but what is forwarded.
extension SottoClient {
  /// Gives a message a star, or takes it off.
  ///
  /// - Throws: `unknownConversation`, `unknownMessage`.
  public func star(
    _ messageID: [UInt8], with address: String, adding: Bool = true
  ) async throws(ClientFailure) {
    try await arrange(.star(address: address, messageID: messageID, adding: adding))
  }

  /// Messages with a star, of all conversations or one, the newest first.
  public func starred(
    in address: String? = nil, limit: Int = 50, before: UInt64? = nil
  ) async throws(ClientFailure) -> StarredPage {
    let request = ClientRequest.starred(address: address, limit: limit, before: before)
    guard case .starred(let page) = try await answer(request) else { throw mismatch() }
    return page
  }

  /// Sends what a message says now to another address. The receiver learns that it was forwarded,
  /// and not from whom or where.
  ///
  /// - Returns: the new message's identifier.
  /// - Throws: `unknownMessage`, and what `send` throws.
  public func forward(
    _ messageID: [UInt8], with address: String, to: String
  ) async throws(ClientFailure) -> [UInt8] {
    let request = ClientRequest.forward(address: address, messageID: messageID, to: to)
    guard case .queued(let id) = try await answer(request) else { throw mismatch() }
    return id
  }

  /// What was begun in a conversation and not sent. A text replaces it, an empty one forgets it;
  /// sending forgets it too.
  ///
  /// - Returns: what is kept; empty when there is nothing.
  @discardableResult
  public func draft(
    _ text: String? = nil, with address: String
  ) async throws(ClientFailure) -> String {
    guard case .draft(let kept) = try await answer(.draft(address: address, text: text)) else {
      throw mismatch()
    }
    return kept
  }

  /// Mutes, puts away, pins, or marks unread.
  ///
  /// - Throws: `unknownConversation`.
  public func arrange(
    _ arrangement: Arrangement, with address: String
  ) async throws(ClientFailure) {
    try await arrange(.arrange(address: address, arrangement))
  }

  private func arrange(_ request: ClientRequest) async throws(ClientFailure) {
    guard case .arranged = try await answer(request) else { throw mismatch() }
  }
}
