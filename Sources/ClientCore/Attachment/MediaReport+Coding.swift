// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// The stored form of what a sender says of a file.
///
/// ```
/// struct {
///   uint8 kind;                              // 0 nothing, 1 picture, 2 voice
///   select (kind) {
///     case 1: uint16 width; uint16 height;
///     case 2: uint32 milliseconds; uint8 waveform[40];
///   }
/// } StoredMedia;
/// ```
extension ByteWriter {
  mutating func write(media: MediaReport?) {
    switch media?.content {
    case nil: write(UInt8(0))
    case .picture(let width, let height):
      write(UInt8(1))
      write(width)
      write(height)
    case .voice(let voice):
      write(UInt8(2))
      write(voice.milliseconds)
      write(raw: voice.packed)
    }
  }
}

extension Span where Element == UInt8 {
  mutating func readMedia() throws(DecodingFailure) -> MediaReport? {
    switch try readUInt8() {
    case 0: return nil
    case 1:
      let width = try readUInt16()
      guard
        let picture = MediaDescription(width: Int(width), height: Int(try readUInt16()))
      else { throw .invalidValue(field: "picture") }
      return MediaReport(picture)
    case 2:
      let length = try readUInt32()
      guard let voice = VoiceDescription(milliseconds: length, packed: try readBytes(40)) else {
        throw .invalidValue(field: "voice")
      }
      return MediaReport(.voice(voice))
    default: throw .invalidValue(field: "media")
    }
  }
}

/// The stored form of events of messages whose files can be shown before they are here: a tag, what
/// is said of each file, the sides of its thumbnail (0 when it has none), and then the event
/// without that, so that events of earlier versions can be read.
extension ClientEvent.Kind {
  static let mediaTag: UInt8 = 85
  /// Of messages with files that can stand behind it: plain, with mentions, with a preview.
  private static let innerTags: Set<UInt8> = [70, mentionTag, previewTag]

  init(showing input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readUInt8()
    guard (1...UInt8(ClientLimits.attachmentsMax)).contains(count) else {
      throw .invalidValue(field: "media")
    }
    var found: [(media: MediaReport?, thumbnail: ThumbnailReport?)] = []
    for _ in 0..<count {
      let media = try input.readMedia()
      let width = Int(try input.readUInt16())
      let height = Int(try input.readUInt16())
      let side = Int(JPEGThumbnail.sideMax)
      guard (width == 0) == (height == 0), width <= side, height <= side else {
        throw .invalidValue(field: "thumbnail")
      }
      let thumbnail = ThumbnailReport(width: width, height: height, jpeg: [])
      found.append((media, width == 0 ? nil : thumbnail))
    }
    guard found.contains(where: { $0.media != nil || $0.thumbnail != nil }), !input.isEmpty,
      Self.innerTags.contains(input[0]),
      case .messageReceived(let plain) = try ClientEvent.Kind(from: &input),
      plain.attachments.count == found.count
    else { throw .invalidValue(field: "media") }
    var files = plain.attachments
    for (index, (media, thumbnail)) in found.enumerated() {
      files[index].media = media
      files[index].thumbnail = thumbnail
    }
    self = .messageReceived(plain.with(files))
  }

  /// Appends the form when a file can be shown.
  ///
  /// - Returns: whether it did.
  func encodeMedia(to output: inout ByteWriter) -> Bool {
    guard case .messageReceived(let message) = self,
      message.attachments.contains(where: { $0.media?.content != nil || $0.thumbnail != nil })
    else { return false }
    output.write(Self.mediaTag)
    output.write(UInt8(message.attachments.count))
    var plain = message.attachments
    for (index, file) in message.attachments.enumerated() {
      output.write(media: file.media)
      output.write(UInt16(clamping: file.thumbnail?.width ?? 0))
      output.write(UInt16(clamping: file.thumbnail?.height ?? 0))
      plain[index].media = nil
      plain[index].thumbnail = nil
    }
    output.write(ClientEvent.Kind.messageReceived(message.with(plain)))
    return true
  }
}

extension ClientEvent.Message {
  /// The same with other files.
  fileprivate func with(_ files: [AttachmentReport]) -> ClientEvent.Message {
    ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo, timer: timer, attachments: files, mentions: mentions,
      special: special, preview: preview)
  }
}
