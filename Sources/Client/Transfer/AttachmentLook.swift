// SPDX-License-Identifier: Apache-2.0

import Attachment
import ClientCore

/// What a sender's client finds out about its user's file before it is sealed. Whatever cannot be
/// found out is left out, and the file goes as it is.
struct AttachmentLook: Sendable {
  /// What the user says the file is.
  enum Expected: Sendable {
    /// Nothing; when it is a picture, the thumbnail has so many bytes at most, and its metadata is
    /// taken out unless it is to go as it is.
    case picture(thumbnailBytesMax: Int, asItIs: Bool)
    case voice
  }

  /// A thumbnail that had to be shorter would show nothing.
  private static let thumbnailBytesMin = 800
  private static let voiceType = "audio/ogg"

  /// What is sent: the file itself, or the picture without metadata, in memory.
  let file: LocalFile
  /// The media type, when the content tells it better than the name.
  let contentType: String?
  let media: MediaReport?
  let thumbnail: ThumbnailReport?

  /// How many bytes each thumbnail of a message may have.
  static func room(files: Int, textBytes: Int) -> Int {
    let left =
      ClientLimits.messageBytesMax - textBytes - files * ClientLimits.attachmentBytesMax
    return min(
      ThumbnailReport.bytesMax, min(left, ClientLimits.thumbnailsBytesMax) / max(1, files))
  }

  /// Looks at the file at `path`.
  ///
  /// - Throws: `unreadable`, `metadata` when it cannot be taken out, and `noVoice` when a
  ///   voice note was expected.
  init(_ path: String, _ expected: Expected) throws(AttachmentFailure) {
    var file = try LocalFile.open(path)
    switch expected {
    case .voice:
      self.file = file
      guard let voice = MediaProgram.voice(in: file) else { throw .noVoice }
      contentType = Self.voiceType
      media = .voice(milliseconds: voice.milliseconds, bars: voice.bars)
      thumbnail = nil
    case .picture(let bytesMax, let asItIs):
      let original = file
      let header = PictureHeader { count, offset in
        (try? original.read(count, at: offset)) ?? []
      }
      if let header, !asItIs { file = try Self.withoutMetadata(original, header) }
      self.file = file
      contentType = header?.kind.rawValue
      media = header.map { .picture(width: $0.width, height: $0.height) }
      guard let header, bytesMax >= Self.thumbnailBytesMin,
        let jpeg = MediaProgram.thumbnail(of: file, header, bytesMax: bytesMax)
      else {
        thumbnail = nil
        return
      }
      // The program that made it is believed no more than a peer.
      thumbnail = ThumbnailReport(jpeg: jpeg)
    }
  }

  private static func withoutMetadata(
    _ file: LocalFile, _ header: PictureHeader
  ) throws(AttachmentFailure) -> LocalFile {
    guard file.size <= MediaProgram.fileBytesMax else { throw .metadata }
    let bytes = try file.read(Int(file.size), at: 0)
    guard let left = PictureMetadata.removed(from: bytes, header) else { throw .metadata }
    return left == bytes ? file : try LocalFile.inMemory(left)
  }
}
