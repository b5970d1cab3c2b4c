// SPDX-License-Identifier: Apache-2.0

public import ClientCore

extension SottoClient {
  /// Why a line is in the state that it is in, and what to do, from what is so now; the nearest
  /// reason first.
  ///
  /// - Throws: `unknownConversation`, `unknownMessage`.
  public func why(
    _ line: LineName, with address: String
  ) async throws(ClientFailure) -> [WhyReason] {
    guard case .why(let reasons) = try await answer(.why(address: address, line: line)) else {
      throw mismatch()
    }
    return reasons
  }
}
