// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Messages that are more than a text.
extension SottoClient {
  /// Sends a text, with what this program says about a link in it: nobody who reads it asks the
  /// link.
  ///
  /// - Throws: `badRequest` when the link does not stand in the text, and what `send` throws.
  public func send(
    _ text: String, to address: String, preview: LinkPreviewReport, timer: MessageTimer? = nil
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.text(address: address, text: text, preview: preview, timer: timer))
  }

  /// Sends a place.
  ///
  /// - Throws: `badRequest` when it is none, and what `send` throws.
  public func send(
    _ location: LocationReport, to address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.location(address: address, location))
  }

  /// Sends somebody's name and address.
  ///
  /// - Throws: `badRequest` when one is none, and what `send` throws.
  public func send(
    _ contact: ContactCardReport, to address: String
  ) async throws(ClientFailure) -> [UInt8] {
    try await queued(.contact(address: address, contact))
  }

  private func queued(_ request: ClientContentRequest) async throws(ClientFailure) -> [UInt8] {
    guard case .queued(let messageID) = try await answer(.content(request)) else {
      throw mismatch()
    }
    return messageID
  }
}
