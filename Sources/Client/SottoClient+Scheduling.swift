// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that are to be sent at a time: by this client when it runs then, else by the next one
/// that is opened.
extension SottoClient {
  /// Keeps a text to be sent at a time within the next year.
  ///
  /// - Throws: among others `badRequest` for a time that has passed, `quotaExceeded`.
  public func schedule(
    _ text: String, to address: String, at time: ScheduleTime
  ) async throws(ClientFailure) -> ScheduledMessage {
    try await scheduled(.schedule(address: address, text: text, time: time))
  }

  /// Changes what is to be sent, or when.
  ///
  /// - Throws: `unknownMessage` when it has left or was cancelled.
  public func reschedule(
    _ id: UInt64, text: String? = nil, at time: ScheduleTime? = nil
  ) async throws(ClientFailure) -> ScheduledMessage {
    try await scheduled(.reschedule(id: id, text: text, time: time))
  }

  /// Cancels a message that has not left.
  ///
  /// - Throws: `unknownMessage` when it has left or was cancelled.
  public func unschedule(_ id: UInt64) async throws(ClientFailure) {
    guard case .arranged = try await answer(.unschedule(id: id)) else { throw mismatch() }
  }

  /// All that is to be sent, the next one first.
  public func scheduledMessages() async throws(ClientFailure) -> [ScheduledMessage] {
    guard case .scheduledMessages(let list) = try await answer(.scheduledMessages) else {
      throw mismatch()
    }
    return list
  }

  private func scheduled(
    _ request: ClientRequest
  ) async throws(ClientFailure) -> ScheduledMessage {
    guard case .scheduled(let message) = try await answer(request) else { throw mismatch() }
    return message
  }
}
