// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// What a sender says of a file that can be shown before the file is there.
public enum MediaReport: Hashable, Sendable {
  /// A picture, with its sides in pixels as it is shown, 1 to 65,535.
  case picture(width: Int, height: Int)
  /// A voice note: its length, and 64 bars from 0 to 31 that say how loud it is.
  case voice(milliseconds: UInt32, bars: [UInt8])

  init(_ media: MediaDescription) {
    switch media {
    case .picture(let width, let height): self = .picture(width: Int(width), height: Int(height))
    case .voice(let voice): self = .voice(milliseconds: voice.milliseconds, bars: voice.bars)
    }
  }

  /// Whether a message may say it.
  package var isAllowed: Bool { content != nil }

  /// As a message says it; `nil` when a value is out of its range.
  var content: MediaDescription? {
    switch self {
    case .picture(let width, let height): MediaDescription(width: width, height: height)
    case .voice(let milliseconds, let bars):
      VoiceDescription(milliseconds: milliseconds, bars: bars).map { .voice($0) }
    }
  }
}

/// A small picture that came inside a message.
public struct ThumbnailReport: Hashable, Sendable {
  /// The longest file, in bytes.
  public static let bytesMax = JPEGThumbnail.bytesMax

  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// A JPEG file, looked at and never decoded; empty where only its size is told.
  public let jpeg: [UInt8]

  init(_ thumbnail: JPEGThumbnail) {
    self.init(
      width: Int(thumbnail.width), height: Int(thumbnail.height), jpeg: thumbnail.bytes)
  }

  init(width: Int, height: Int, jpeg: [UInt8]) {
    self.width = width
    self.height = height
    self.jpeg = jpeg
  }

  /// Takes a file; `nil` when it is none that a message may have.
  package init?(jpeg: [UInt8]) {
    guard let thumbnail = JPEGThumbnail(jpeg) else { return nil }
    self.init(thumbnail)
  }

  /// The same without the file.
  package var measures: ThumbnailReport {
    ThumbnailReport(width: width, height: height, jpeg: [])
  }
}
