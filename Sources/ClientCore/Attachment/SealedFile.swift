// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// A file as a message names it: AES-256-GCM under a key of its own, padded to a Padmé length, kept
/// by the server as a blob under the SHA-256 of what it has (attachments.md).
package struct SealedFile: Hashable, Sendable {
  /// AEAD_AES_256_GCM of IANA's AEAD registry.
  private static let algorithm: UInt16 = 2
  /// sha-256 of IANA's Named Information registry.
  private static let hashAlgorithm: UInt8 = 1
  private static let hashByteCount = 32
  /// The largest file, in bytes.
  package static let sizeMax: UInt64 = 2_147_483_648

  /// 32 bytes.
  package let key: [UInt8]
  /// 12 bytes.
  package let nonce: [UInt8]
  /// The length of the file itself, in bytes.
  package let size: UInt64
  /// SHA-256 of the file itself; empty when the message does not say.
  package let plaintextHash: [UInt8]
  /// SHA-256 of what the server has.
  package let blobID: [UInt8]
  /// The media type that its sender says it has.
  package let contentType: String
  /// The name that its sender suggests. It is no path, and not believed.
  package let filename: String
  /// What its sender says of a picture or a voice note.
  let media: MediaDescription?
  /// What stands for a picture while it is not here.
  let thumbnail: JPEGThumbnail?

  /// Takes the fields; a `thumbnail` that no message may have is left out.
  package init(
    key: [UInt8], nonce: [UInt8], size: UInt64, plaintextHash: [UInt8], blobID: [UInt8],
    contentType: String, filename: String, media: MediaReport? = nil,
    thumbnail: ThumbnailReport? = nil
  ) {
    self.init(
      key: key, nonce: nonce, size: size, plaintextHash: plaintextHash, blobID: blobID,
      contentType: contentType, filename: filename, media?.content,
      thumbnail.flatMap { JPEGThumbnail($0.jpeg) })
  }

  private init(
    key: [UInt8], nonce: [UInt8], size: UInt64, plaintextHash: [UInt8], blobID: [UInt8],
    contentType: String, filename: String, _ media: MediaDescription?,
    _ thumbnail: JPEGThumbnail?
  ) {
    self.key = key
    self.nonce = nonce
    self.size = size
    self.plaintextHash = plaintextHash
    self.blobID = blobID
    self.contentType = contentType
    self.filename = filename
    self.media = media
    self.thumbnail = thumbnail
  }

  /// Takes what a message says; `nil` for what this client cannot fetch or open.
  init?(_ attachment: MIMIContent.Attachment) {
    let part = attachment.part
    guard part.encryptionAlgorithm == Self.algorithm, part.key.count == 32,
      part.nonce.count == 12, part.additionalData.isEmpty,
      part.hashAlgorithm == Self.hashAlgorithm, part.contentHash.count == Self.hashByteCount,
      part.size <= Self.sizeMax,
      [0, Self.hashByteCount].contains(attachment.plaintextHash.count),
      // Whatever server it names: it is asked of the own one, by name.
      part.url.hasPrefix("https://"),
      part.url.hasSuffix("/v1/blobs/" + Hex.encode(part.contentHash))
    else { return nil }
    self.init(
      key: part.key, nonce: part.nonce, size: part.size,
      plaintextHash: attachment.plaintextHash, blobID: part.contentHash,
      contentType: part.contentType, filename: part.filename, attachment.media,
      attachment.thumbnail)
  }

  /// As a message says it. It lies with the service of this domain until then.
  func attachment(domain: String, expires: Instant) -> MIMIContent.Attachment {
    MIMIContent.Attachment(
      part: ExternalPart(
        contentType: contentType, url: "https://\(domain)/v1/blobs/\(Hex.encode(blobID))",
        expires: UInt32(clamping: expires.milliseconds / 1_000), size: size,
        encryptionAlgorithm: Self.algorithm, key: key, nonce: nonce,
        hashAlgorithm: Self.hashAlgorithm, contentHash: blobID, filename: filename),
      plaintextHash: plaintextHash, media: media, thumbnail: thumbnail)
  }

  /// What people are told of it.
  var report: AttachmentReport {
    var report = AttachmentReport(name: filename, contentType: contentType, size: size)
    report.media = media.map(MediaReport.init)
    report.thumbnail = thumbnail.map(ThumbnailReport.init)
    return report
  }
}

extension [SealedFile] {
  /// What events tell of the files of a line: not the thumbnails themselves, and nothing that would
  /// show what is shown once.
  func reports(in kind: MessageKind) -> [AttachmentReport] {
    map { file in
      var report = file.report
      report.thumbnail = kind == .once ? nil : report.thumbnail?.measures
      return report
    }
  }
}

/// A file of a message, as programs see it.
public struct AttachmentReport: Hashable, Sendable {
  /// The name that its sender suggests.
  public let name: String
  /// The media type that its sender says it has.
  public let contentType: String
  /// In bytes.
  public let size: UInt64
  /// Whether it lies on this device, sealed: saving it needs no server.
  public var isHere = false
  /// What its sender says of a picture or a voice note.
  public var media: MediaReport?
  /// A small picture that stands for it.
  public var thumbnail: ThumbnailReport?

  /// Makes the value.
  public init(name: String, contentType: String, size: UInt64) {
    self.name = name
    self.contentType = contentType
    self.size = size
  }
}

extension MIMIContent {
  /// The files of the message that this client can open.
  var sealedFiles: [SealedFile] { nameableFiles.compactMap(SealedFile.init) }

  /// The same as they stand there: what an own message may name again. A peer's message can have a
  /// thousand external parts, and they are not ours to hand on.
  var nameableFiles: [MIMIContent.Attachment] {
    Array(attachments.lazy.filter { SealedFile($0) != nil }.prefix(ClientLimits.attachmentsMax))
  }
}

extension MessageRow {
  /// The files of a line.
  var sealedFiles: [SealedFile] {
    guard kind == .text || kind == .once, !content.isEmpty,
      let content = try? MIMIContent(decoding: content)
    else { return [] }
    return content.sealedFiles
  }
}

extension MIMIContent {
  /// The same message, without its thumbnails when they do not fit beside the rest.
  var fitted: MIMIContent { encoded.count > Self.lengthMax ? withoutThumbnails : self }
}
