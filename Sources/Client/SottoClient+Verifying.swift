// SPDX-License-Identifier: Apache-2.0

public import ClientCore

extension SottoClient {
  /// The number that two people compare.
  public func safetyNumber(
    with address: String
  ) async throws(ClientFailure) -> SafetyNumberReport {
    try await number(.safetyNumber(address: address))
  }

  /// Marks the peer's identity key as compared, by what its screen shows or on the user's word.
  ///
  /// - Throws: `safetyNumberMismatch` when the screens differ; then nothing was changed.
  ///   `badRequest`, `unknownConversation`, `identityChanged`, `manifestInvalid`.
  @discardableResult
  public func verify(
    _ address: String, by proof: SafetyProof
  ) async throws(ClientFailure) -> SafetyNumberReport {
    try await number(.verify(address: address, proof: proof))
  }

  /// Takes the other identity key that the directory offers, and sends what failed because of it.
  /// With a proof, made of the number of that other key, the key is marked as compared.
  ///
  /// - Throws: `safetyNumberMismatch` when the screens differ; then nothing was changed.
  ///   `badRequest` when the key has not changed, `identityChanged` when nothing that could be
  ///   accepted was offered yet, `unknownConversation`.
  @discardableResult
  public func acceptIdentity(
    of address: String, proof: SafetyProof? = nil
  ) async throws(ClientFailure) -> SafetyNumberReport {
    try await number(.acceptIdentity(address: address, proof: proof))
  }

  /// Takes the mark off.
  ///
  /// - Throws: `unknownConversation`.
  @discardableResult
  public func unverify(_ address: String) async throws(ClientFailure) -> SafetyNumberReport {
    try await number(.unverify(address: address))
  }

  private func number(
    _ request: ClientRequest
  ) async throws(ClientFailure) -> SafetyNumberReport {
    guard case .safetyNumber(let report) = try await answer(request) else { throw mismatch() }
    return report
  }
}
