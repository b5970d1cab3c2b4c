// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Pictures, as far as anything here looks at them.
extension FuzzSeeds {
  /// A grey JPEG of 16 pixels a side, with the segments that a thumbnail may have.
  static let thumbnail: [UInt8] =
    [0xff, 0xd8, 0xff, 0xe0, 0, 16] + utf8("JFIF") + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]
    + [0xff, 0xdb, 0, 4, 0, 1, 0xff, 0xc4, 0, 4, 0, 1]
    + [0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]
    + [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 5, 6, 0xff, 0, 7, 0xff, 0xd0, 8, 0xff, 0xd9]

  /// One of each kind; the JPEG is turned, as its Exif says.
  static let pictures: [[UInt8]] = [
    [0x89] + utf8("PNG\r\n\u{1a}\n") + [0, 0, 0, 13] + utf8("IHDR")
      + [0, 0, 0, 9, 0, 0, 0, 8, 8, 2, 0, 0, 0],
    utf8("GIF89a") + [9, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
    webp("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, 9, 0, 8, 0]), webp("VP8L", [0x2f, 8, 0xc0, 1, 0]),
    webp("VP8X", [0, 0, 0, 0, 8, 0, 0, 7, 0, 0]),
    [0xff, 0xd8, 0xff, 0xe1, 0, 34] + utf8("Exif\0\0MM") + [0, 42, 0, 0, 0, 8]
      + [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
      + [0xff, 0xc2, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0],
  ]

  /// With and without what can be shown.
  static var importedFiles: [[UInt8]] {
    let plain = [
      AttachmentReport(name: "cat.png", contentType: "image/png", size: 12_345),
      AttachmentReport(name: "", contentType: "", size: .max),
    ]
    var shown = plain
    shown[0].media = .picture(width: 640, height: 480)
    shown[0].thumbnail = ThumbnailReport(jpeg: thumbnail)
    shown[1].media = .voice(milliseconds: 5, bars: Array(repeating: 9, count: 64))
    return [ImportedFiles(plain).encoded, ImportedFiles(shown).encoded]
  }

  private static func webp(_ form: String, _ content: [UInt8]) -> [UInt8] {
    utf8("RIFF") + [32, 0, 0, 0] + utf8("WEBP" + form) + [10, 0, 0, 0] + content
      + [0, 0, 0, 0, 0, 0]
  }
}
