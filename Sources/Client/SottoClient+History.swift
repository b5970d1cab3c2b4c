// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// What was said before, between the devices of an account.
extension SottoClient {
  /// Gives another own device what was said before it was linked; this device must have linked it.
  /// That goes on by itself, over restarts of both, until the other one has all of it.
  ///
  /// - Throws: `badRequest` when this device has not linked that one, or is giving already.
  public func shareHistory(
    with deviceID: UInt32, _ extent: HistoryExtent = HistoryExtent()
  ) async throws(ClientFailure) {
    let request = ClientHistoryRequest.share(deviceID: deviceID, extent)
    guard case .accepted = try await answer(.ownHistory(request)) else { throw mismatch() }
  }

  /// Hands a member of a group what was said there before, as an act that all members see. It goes
  /// on by itself, over restarts of both, until the member's devices have all of it. They show it
  /// as this account's word.
  ///
  /// - Throws: `notPermitted` unless this account is an admin, `notAMember`, `unknownConversation`,
  ///   `outOfStep`, `quotaExceeded`, `badRequest`.
  public func grantHistory(
    to address: String, in reference: String, _ extent: HistoryExtent
  ) async throws(ClientFailure) {
    let request = ClientHistoryRequest.grant(reference: reference, address: address, extent)
    guard case .accepted = try await answer(.ownHistory(request)) else { throw mismatch() }
  }

  /// History on its way between this device and others of the account, or members of groups.
  public func historyReports() async throws(ClientFailure) -> [HistoryReport] {
    guard case .histories(let reports) = try await answer(.ownHistory(.list)) else {
      throw mismatch()
    }
    return reports
  }
}
