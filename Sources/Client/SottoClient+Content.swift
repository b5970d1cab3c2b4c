// SPDX-License-Identifier: Apache-2.0

import Attachment
public import ClientCore

/// Messages that are more than a text.
extension SottoClient {
  /// Sends a text, with what this program says about a link in it: nobody who reads it asks the
  /// link.
  ///
  /// - Parameter picture: the path of a picture, of which a small one goes with it.
  /// - Throws: `badRequest` when the link does not stand in the text or no small picture can be
  ///   made, `fileFailure`, and what `send` throws.
  public func send(
    _ text: String, to address: String, preview: LinkPreviewReport, picture: String? = nil,
    timer: MessageTimer? = nil
  ) async throws(ClientFailure) -> [UInt8] {
    var preview = preview
    if let picture {
      let room = AttachmentLook.room(files: 1, textBytes: text.utf8.count)
      let look = try await inBackground { () throws(AttachmentFailure) in
        try AttachmentLook(picture, .picture(thumbnailBytesMax: room, asItIs: true))
      }
      guard let thumbnail = look.thumbnail else {
        throw ClientFailure(.badRequest, "No small picture can be made of this file.")
      }
      preview.thumbnail = thumbnail
    }
    return try await queued(.text(address: address, text: text, preview: preview, timer: timer))
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
