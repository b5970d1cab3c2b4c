// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Attachment

/// What the first bytes of a picture say.
@Suite struct PictureHeaderTests {
  private static func header(_ bytes: [UInt8]) -> PictureHeader? {
    PictureHeader { count, offset in Array(bytes.dropFirst(Int(offset)).prefix(count)) }
  }

  static let png: [UInt8] =
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13] + Array("IHDR".utf8)
    + [0, 0, 2, 0x80, 0, 0, 1, 0xe0, 8, 2, 0, 0, 0]
  static let gif = Array("GIF89a".utf8) + [0x80, 2, 0xe0, 1, 0, 0, 0, 0, 0, 0, 0]
  /// The form of the first chunk, and what stands in it.
  static func webp(_ form: String, _ content: [UInt8]) -> [UInt8] {
    Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WEBP".utf8) + Array(form.utf8) + [20, 0, 0, 0]
      + content + Array(repeating: 0, count: 12)
  }

  /// Exif with one entry, in either order of bytes.
  static func exif(_ orientation: UInt8, little: Bool = false, type: UInt8 = 3) -> [UInt8] {
    let data: [UInt8] =
      little
      ? [
        0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, type, 0, 1, 0, 0, 0, orientation, 0, 0, 0,
      ]
      : [
        0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, type, 0, 0, 0, 1, 0, orientation, 0, 0,
      ]
    let content = Array("Exif\0\0".utf8) + data
    return [0xff, 0xe1, 0, UInt8(content.count + 2)] + content
  }

  static func jpeg(_ before: [UInt8] = [], frame: UInt8 = 0xc0) -> [UInt8] {
    [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0] + before
      + [0xff, frame, 0, 11, 8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0]
  }

  @Test(
    arguments: [
      (png, .png), (gif, .gif), (jpeg(), .jpeg), (jpeg(frame: 0xc2), .jpeg),
      (jpeg([0xff, 0xff, 0xfe, 0, 2]), .jpeg),
      (webp("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1]), .webp),
      (webp("VP8L", [0x2f, 0x7f, 0xc2, 0x77, 0]), .webp),
      (webp("VP8X", [2, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0]), .webp),
    ] as [([UInt8], PictureHeader.Kind)])
  func sidesAreRead(bytes: [UInt8], kind: PictureHeader.Kind) throws {
    let header = try #require(Self.header(bytes))
    #expect(header.kind == kind)
    #expect((header.width, header.height, header.orientation) == (640, 480, 1))
  }

  @Test func turnedPicturesHaveTheirSidesChanged() throws {
    for orientation in UInt8(1)...8 {
      for little in [false, true] {
        let header = try #require(
          Self.header(Self.jpeg(Self.exif(orientation, little: little))))
        #expect(header.orientation == Int(orientation))
        #expect(header.width == (orientation < 5 ? 640 : 480))
      }
    }
    // What Exif says wrongly, or of another type, says nothing.
    for bad in [Self.exif(0), Self.exif(9), Self.exif(6, type: 4)] {
      #expect(Self.header(Self.jpeg(bad))?.orientation == 1)
    }
    let exif = Self.exif(6)
    for length in 4..<exif.count {
      var cut = Array(exif.prefix(length))
      cut[3] = UInt8(length - 2)
      #expect(Self.header(Self.jpeg(cut))?.width != nil)
    }
  }

  @Test(
    arguments: [
      [], Array("hello, this is a text".utf8), Array(png.prefix(23)), jpeg([0xff, 0xda, 0, 2]),
      jpeg([0xff, 0xe2, 0, 1]), jpeg([0x00]), Array(jpeg().prefix(17)),
      Array("GIF89a".utf8) + [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      webp("VP8 ", [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]), webp("VP9 ", []), webp("VP8L", [0x2e]),
      Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WAVEfmt ".utf8) + Array(repeating: 0, count: 20),
    ] as [[UInt8]])
  func otherFilesAreNoPictures(bytes: [UInt8]) {
    #expect(Self.header(bytes) == nil)
  }

  /// Every beginning of every kind, and every bit changed, is answered without a trap.
  @Test func nothingTraps() {
    for bytes in [Self.png, Self.gif, Self.jpeg(Self.exif(6)), Self.jpeg(Self.exif(3))] {
      for length in 0...bytes.count { _ = Self.header(Array(bytes.prefix(length))) }
      for place in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[place] ^= 1 << UInt8(bit)
          _ = Self.header(changed)
        }
      }
    }
  }
}
