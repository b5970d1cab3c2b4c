// SPDX-License-Identifier: Apache-2.0

import Attachment
public import ClientCore

/// Groups. A reference stands wherever other requests take a person's address.
extension SottoClient {
  /// Makes a group and asks people in. It can be written to at once; those who cannot be asked in
  /// are told of by events.
  ///
  /// - Returns: the group's reference.
  /// - Throws: `badRequest` for a name that is none, `badAddress`, `groupFull`.
  public func createGroup(
    named name: String, with addresses: [String]
  ) async throws(ClientFailure) -> String {
    let answer = try await answer(.createRoom(name: name, addresses: addresses))
    guard case .reference(let reference) = answer else { throw mismatch() }
    return reference
  }

  /// Wants something changed in a group. It is stored, and done by the next commit that gets
  /// through; a `group-changed` event tells of it, or that it cannot be.
  ///
  /// - Throws: `unknownConversation`, `notPermitted`, `notAMember`, `groupFull`, `badRequest`,
  ///   `badAddress`, `outOfStep`.
  public func change(
    _ change: RoomChange, in reference: String
  ) async throws(ClientFailure) {
    guard case .accepted = try await answer(.changeRoom(reference: reference, change: change))
    else { throw mismatch() }
  }

  /// Gives a group a picture: a small JPEG of the picture at a path, which shows the same and says
  /// nothing else. To take it away, `change(_:in:)` takes `.picture([])`.
  ///
  /// - Throws: `fileFailure`; `badRequest` when no small picture can be made of the file; and what
  ///   `change(_:in:)` throws.
  public func setPicture(
    of reference: String, to path: String
  ) async throws(ClientFailure) {
    let look = try await inBackground { () throws(AttachmentFailure) in
      try AttachmentLook(path, .picture(thumbnailBytesMax: RoomPicture.bytesMax, asItIs: true))
    }
    guard let small = look.thumbnail else {
      throw ClientFailure(.badRequest, "No small picture can be made of this file.")
    }
    try await change(.picture(small.jpeg), in: reference)
  }

  /// The picture of a group.
  ///
  /// - Throws: `unknownConversation`; `unknownAttachment` when it has none.
  public func picture(of reference: String) async throws(ClientFailure) -> ThumbnailReport {
    guard let picture = try await group(reference).picture else {
      throw ClientFailure(.unknownAttachment, "The group has no picture.")
    }
    return picture
  }

  /// The same as a file at a path where nothing is.
  ///
  /// - Throws: `fileFailure` as well.
  public func savePicture(
    of reference: String, to path: String
  ) async throws(ClientFailure) -> ThumbnailReport {
    let picture = try await picture(of: reference)
    try await write(picture, to: path)
    return picture
  }

  /// Goes out of a group. Nothing more is shown from then on.
  ///
  /// - Throws: `unknownConversation`, `notAMember`, `outOfStep`.
  public func leaveGroup(_ reference: String) async throws(ClientFailure) {
    guard case .accepted = try await answer(.leaveRoom(reference: reference)) else {
      throw mismatch()
    }
  }

  /// Who is in a group, and what its members agree on.
  ///
  /// - Throws: `unknownConversation`.
  public func group(_ reference: String) async throws(ClientFailure) -> RoomReport {
    guard case .room(let report) = try await answer(.room(reference: reference)) else {
      throw mismatch()
    }
    return report
  }

  /// The address or reference of a conversation that is named by a group's name, or by the
  /// beginning of its reference. An address is given back as it is.
  ///
  /// - Throws: `unknownConversation`; `badRequest` when several groups have the name.
  public func reference(of text: String) async throws(ClientFailure) -> String {
    guard case .reference(let reference) = try await answer(.resolve(text)) else {
      throw mismatch()
    }
    return reference
  }
}
