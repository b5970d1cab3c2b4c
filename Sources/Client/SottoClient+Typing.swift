// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Who types (typing.md).
extension SottoClient {
  /// Says that the user types in a conversation, or has stopped. To be called again while they go
  /// on: after five seconds without a call they count as having stopped, and what is sent ends it,
  /// too.
  ///
  /// - Returns: whether others were told. They are not when a setting, a block or the size of the
  ///   conversation is against it, or the server cannot be reached.
  /// - Throws: `unknownConversation`, `requestPending`.
  @discardableResult
  public func typing(
    in address: String, isTyping: Bool = true
  ) async throws(ClientFailure) -> Bool {
    guard case .typing(let told) = try await answer(.typing(address: address, isTyping: isTyping))
    else { throw mismatch() }
    return told
  }

  /// Who begins to type and who stops, from now on. It ends with the task that reads it, or with
  /// the client.
  public func typingNotices() -> AsyncStream<TypingNotice> { typing.listen() }
}
