// SPDX-License-Identifier: Apache-2.0

public import ClientCore

extension SottoClient {
  /// Messages whose text has all words of the request, or words that begin with them, the newest
  /// first. Capitals and accents do not count, and nothing becomes read.
  ///
  /// - Throws: `unknownConversation` when it is to be looked for in one that is not there.
  public func search(_ request: SearchRequest) async throws(ClientFailure) -> SearchPage {
    guard case .found(let page) = try await answer(.search(request)) else { throw mismatch() }
    return page
  }
}
