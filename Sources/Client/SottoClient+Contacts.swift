// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Who may reach this account.
extension SottoClient {
  /// The conversations that wait to be accepted, the newest first.
  public func contactRequests() async throws(ClientFailure) -> [ContactRequestReport] {
    guard case .contactRequests(let reports) = try await answer(.contact(.list)) else {
      throw mismatch()
    }
    return reports
  }

  /// What was said in a conversation that waits, the newest first. Nothing of it becomes read.
  ///
  /// - Throws: `unknownConversation` when no request of this address waits.
  public func contactRequest(
    _ address: String
  ) async throws(ClientFailure) -> [HistoryLine] {
    guard case .history(let lines) = try await answer(.contact(.show(address: address))) else {
      throw mismatch()
    }
    return lines
  }

  /// Takes a conversation: what was held back is told and confirmed from now on.
  ///
  /// - Throws: `unknownConversation`.
  public func acceptRequest(_ address: String) async throws(ClientFailure) {
    try await demand(.accept(address: address))
  }

  /// Forgets what was said in a conversation that waits, and leaves it if it is a group. It waits
  /// again when its sender writes again, unless that one is blocked.
  ///
  /// - Throws: `unknownConversation`.
  public func deleteRequest(
    _ address: String, blocking: Bool = false
  ) async throws(ClientFailure) {
    try await demand(.delete(address: address, blocking: blocking))
  }

  /// Takes nothing more from somebody.
  ///
  /// - Throws: `badAddress`, `badRequest` for the own address, `quotaExceeded`.
  public func block(_ address: String) async throws(ClientFailure) {
    try await demand(.block(address: address))
  }

  /// Takes messages of somebody again. What came meanwhile is gone.
  ///
  /// - Throws: `badRequest` when nobody of this address is blocked.
  public func unblock(_ address: String) async throws(ClientFailure) {
    try await demand(.unblock(address: address))
  }

  /// Who is blocked, by address.
  public func blocks() async throws(ClientFailure) -> [BlockReport] {
    guard case .blocks(let reports) = try await answer(.contact(.blocks)) else {
      throw mismatch()
    }
    return reports
  }

  /// The settings and what they are.
  public func settings() async throws(ClientFailure) -> [SettingReport] {
    guard case .settings(let reports) = try await answer(.contact(.settings)) else {
      throw mismatch()
    }
    return reports
  }

  /// Changes a setting, for all devices of the account.
  ///
  /// - Throws: `badRequest` for a value that it does not have.
  public func set(
    _ setting: ClientSetting, to value: String
  ) async throws(ClientFailure) -> [SettingReport] {
    let answer = try await answer(.contact(.set(setting, value: value)))
    guard case .settings(let reports) = answer else { throw mismatch() }
    return reports
  }

  private func demand(_ request: ClientContactRequest) async throws(ClientFailure) {
    guard case .accepted = try await answer(.contact(request)) else { throw mismatch() }
  }
}
