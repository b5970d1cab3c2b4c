// SPDX-License-Identifier: Apache-2.0

/// Files that a message names: external parts (draft-ietf-mimi-content-08), as senders of this
/// product arrange them.
extension MIMIContent {
  /// A file that a message names.
  public struct Attachment: Hashable, Sendable {
    /// Where it lies and how it is opened.
    public var part: ExternalPart
    /// SHA-256 of the file as it is when it was opened; empty when the message does not say.
    public var plaintextHash: [UInt8]
    /// What the sender says of a picture or a voice note.
    public var media: MediaDescription?
    /// What stands for a picture while it is not here.
    public var thumbnail: JPEGThumbnail?

    /// Takes the fields.
    public init(
      part: ExternalPart, plaintextHash: [UInt8], media: MediaDescription? = nil,
      thumbnail: JPEGThumbnail? = nil
    ) {
      self.part = part
      self.plaintextHash = plaintextHash
      self.media = media
      self.thumbnail = thumbnail
    }
  }

  private static let plaintextKey = CBORKey.text("app.sotto.plaintext")
  private static let mediaKey = CBORKey.text("app.sotto.media")

  /// The files, in the order of the message. Of a choice the first one counts.
  public var attachments: [Attachment] {
    let parts = body.files(before: nil)
    var hashes: [[UInt8]] = []
    if case .array(let values)? = extensions[Self.plaintextKey], values.count == parts.count {
      hashes = values.map { value in if case .bytes(let hash) = value { hash } else { [] } }
    }
    var media: [MediaDescription?] = []
    if case .array(let values)? = extensions[Self.mediaKey], values.count == parts.count {
      media = values.map(MediaDescription.init)
    }
    return parts.enumerated().map { index, file in
      Attachment(
        part: file.part, plaintextHash: hashes.isEmpty ? [] : hashes[index],
        media: media.isEmpty ? nil : media[index], thumbnail: file.thumbnail)
    }
  }

  /// Names files beside the text that the message has; without a text the files are all of it. A
  /// thumbnail stands right behind its file.
  ///
  /// - Precondition: there are 1 to 64 files.
  public mutating func attach(_ files: [Attachment], hasText: Bool) {
    precondition((1...64).contains(files.count), "a message has some files, and not many")
    let parts = files.flatMap { file in
      [
        NestedPart(
          disposition: file.part.contentType.hasPrefix("image/") ? .render : .attachment,
          content: .external(file.part))
      ] + (file.thumbnail.map { [NestedPart(thumbnail: $0)] } ?? [])
    }
    let all = hasText ? [body] + parts : parts
    body =
      all.count == 1
      ? all[0] : NestedPart(disposition: .render, content: .multi(.processAll, all))
    extensions[Self.plaintextKey] = .array(files.map { .bytes($0.plaintextHash) })
    guard files.contains(where: { $0.media != nil }) else { return }
    extensions[Self.mediaKey] = .array(files.map { $0.media?.value ?? .null })
  }

  /// The same message without its thumbnails.
  public var withoutThumbnails: MIMIContent {
    var result = self
    result.body = body.withoutThumbnails
    return result
  }
}

extension NestedPart {
  private static let thumbnailType = "image/jpeg"

  /// A part that shows in small what the part before it is.
  init(thumbnail: JPEGThumbnail) {
    self.init(
      disposition: .preview,
      content: .single(contentType: Self.thumbnailType, content: thumbnail.bytes))
  }

  /// The thumbnail that the part is.
  var thumbnail: JPEGThumbnail? {
    guard disposition == .preview, case .single(let type, let bytes) = content,
      type == Self.thumbnailType
    else { return nil }
    return JPEGThumbnail(bytes)
  }

  fileprivate var withoutThumbnails: NestedPart {
    guard case .multi(let semantics, let parts) = content else { return self }
    let left = parts.filter { $0.thumbnail == nil }.map(\.withoutThumbnails)
    // A multi-part has two parts or more; one of thumbnails alone stays as it is.
    guard left.count < parts.count, let first = left.first else {
      return NestedPart(
        disposition: disposition, language: language,
        content: .multi(semantics, parts.map(\.withoutThumbnails)))
    }
    if left.count == 1 { return first }
    return NestedPart(
      disposition: disposition, language: language, content: .multi(semantics, left))
  }

  /// The files in this part; `next` is the part that stands behind it in the same row.
  fileprivate func files(
    before next: NestedPart?
  ) -> [(part: ExternalPart, thumbnail: JPEGThumbnail?)] {
    switch content {
    case .null, .single: return []
    case .external(let part):
      let isFile = disposition.isShown || disposition == .attachment
      return isFile ? [(part, next?.thumbnail)] : []
    case .multi(let semantics, let parts):
      let all = parts.indices.map { index in
        let isRow = semantics != .chooseOne && index + 1 < parts.count
        return parts[index].files(before: isRow ? parts[index + 1] : nil)
      }
      return semantics == .chooseOne
        ? all.first { !$0.isEmpty } ?? [] : Array(all.joined())
    }
  }
}
