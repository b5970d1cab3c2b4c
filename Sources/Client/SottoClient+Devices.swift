// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// The devices of an account.
extension SottoClient {
  /// This device, which has no account, wants to come into one. The report's `link` has to be given
  /// to a device of the account; it is a secret.
  ///
  /// - Throws: `alreadyRegistered`, `wrongInvite`.
  public func beginLink(invite: String) async throws(ClientFailure) -> LinkReport {
    try await link(.beginLink(invite: invite))
  }

  /// Another device wants to come into this account.
  ///
  /// - Throws: `badRequest` when the text is no link, `quotaExceeded` beyond 20 devices.
  public func acceptLink(_ text: String) async throws(ClientFailure) -> LinkReport {
    try await link(.acceptLink(text))
  }

  /// The user has typed the code that the other device shows.
  ///
  /// - Throws: `identityChanged` when it is another than this device's: then nothing was done.
  public func confirmLink(code: String) async throws(ClientFailure) -> LinkReport {
    try await link(.confirmLink(code: code))
  }

  /// How far linking has come.
  ///
  /// - Throws: `badRequest` when none is under way.
  public func linkState() async throws(ClientFailure) -> LinkReport {
    try await link(.linkState)
  }

  /// The devices of this account, by number.
  public func devices() async throws(ClientFailure) -> [DeviceReport] {
    guard case .devices(let devices) = try await answer(.devices) else { throw mismatch() }
    return devices
  }

  /// Gives a device of this account a name that its devices alone know; an empty one takes it away.
  /// Without a number this one is named, also before it has an account.
  ///
  /// - Throws: `badRequest` for an unknown one, or a name that is longer than a line of 64 bytes.
  public func renameDevice(
    _ number: UInt32? = nil, to name: String
  ) async throws(ClientFailure) {
    guard case .accepted = try await answer(.renameDevice(number, name: name)) else {
      throw mismatch()
    }
  }

  /// Takes another device out of this account, and out of every conversation.
  ///
  /// - Throws: `badRequest` for the own or an unknown one, `noServer`.
  public func removeDevice(_ number: UInt32) async throws(ClientFailure) {
    guard case .accepted = try await answer(.removeDevice(number)) else { throw mismatch() }
  }

  private func link(_ request: ClientRequest) async throws(ClientFailure) -> LinkReport {
    guard case .link(let report) = try await answer(request) else { throw mismatch() }
    return report
  }
}
