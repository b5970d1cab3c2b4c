// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Attachment

/// What stays of a picture, to the byte.
@Suite struct PictureMetadataTests {
  private static func left(_ bytes: [UInt8]) throws -> [UInt8]? {
    let header = try #require(
      PictureHeader { count, offset in Array(bytes.dropFirst(Int(offset)).prefix(count)) })
    return PictureMetadata.removed(from: bytes, header)
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: JPEG

  private static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xff, marker, 0, UInt8(content.count + 2)] + content
  }
  private static let start: [UInt8] = [0xff, 0xd8]
  private static let jfif = segment(0xe0, text("JFIF\0") + [1, 1, 0, 0, 1, 0, 1, 0, 0])
  private static let frame = segment(0xc2, [8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0])
  private static let scan = segment(0xda, [1, 1, 0, 0, 63, 0]) + [1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]
  private static let end: [UInt8] = [0xff, 0xd9]
  private static let profile = segment(0xe2, text("ICC_PROFILE\0") + [1, 1, 7])
  private static let adobe = segment(0xee, text("Adobe") + [0, 100, 0, 0, 0, 0, 1])
  private static let comment = segment(0xfe, text("secret"))
  private static let told =
    segment(0xe0, text("JFXX\0secret")) + segment(0xe1, text("http://ns.adobe.com/xap/1.0/\0s"))
    + segment(0xe2, text("MPF\0secret")) + segment(0xed, text("Photoshop 3.0\0secret")) + comment

  private static let withMetadata: [UInt8] = [
    start, jfif, told, profile, adobe, [0xff], comment, frame, scan, comment, scan, end,
  ].flatMap { $0 }
  private static let withoutMetadata: [UInt8] = [
    start, jfif, profile, adobe, frame, scan, scan, end,
  ].flatMap { $0 }

  @Test func ofAJPEGThePictureStays() throws {
    let bytes = Self.withMetadata + Self.text("a film, or a second picture")
    #expect(try Self.left(bytes) == Self.withoutMetadata)
    #expect(try Self.left(Self.withoutMetadata) == Self.withoutMetadata)
  }

  @Test func aJPEGIsStillTurned() throws {
    let exif = PictureHeaderTests.exif(6, little: true)
    let left = try #require(
      try Self.left(Self.start + exif + Self.frame + Self.scan + Self.end))
    let header = PictureHeader { count, offset in
      Array(left.dropFirst(Int(offset)).prefix(count))
    }
    #expect(header?.orientation == 6)
    #expect(left.count == 2 + 36 + Self.frame.count + Self.scan.count + 2)
    #expect(try Self.left(left) == left)
  }

  @Test(
    arguments: [
      frame, frame + end, frame + scan, frame + scan + [0xff],
      frame + scan + [0xff, 0xe1, 0, 1] + end, frame + scan + [0xff, 0xe1, 0xff, 0xff] + end,
      frame + scan + [0xff, 0xd8] + end, frame + scan + [0xff, 0x01] + end,
    ] as [[UInt8]])
  func aBrokenJPEGIsNotTouched(rest: [UInt8]) throws {
    #expect(try Self.left(Self.start + Self.jfif + rest) == nil)
  }

  // MARK: PNG

  private static func chunk(_ type: String, _ data: [UInt8] = []) -> [UInt8] {
    [0, 0, 0, UInt8(data.count)] + text(type) + data + [9, 9, 9, 9]
  }
  private static let png: [UInt8] =
    [0x89] + text("PNG\r\n\u{1a}\n") + chunk("IHDR", [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0])

  @Test func ofAPNGThePictureStays() throws {
    let kept = Self.chunk("gAMA", [1, 2, 3, 4])
    let data = Self.chunk("IDAT", [5, 6])
    let told = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "prVt"].flatMap { Self.chunk($0, [7]) }
    let expected = Self.png + kept + data + Self.chunk("IEND")
    let bytes = Self.png + told + kept + data + told + Self.chunk("IEND") + [1, 2, 3]
    #expect(try Self.left(bytes) == expected)
    for broken in [
      Self.png + data, Self.png + Self.chunk("CRIT") + Self.chunk("IEND"),
      Array(expected.dropLast()), Self.png + [0xff, 0xff, 0xff, 0xff] + Self.text("IDAT"),
    ] {
      #expect(try Self.left(broken) == nil)
    }
  }

  // MARK: GIF

  @Test func ofAGIFThePicturesStay() throws {
    let head = Self.text("GIF89a") + [2, 0, 2, 0, 0x80, 0, 0, 0, 0, 0, 1, 1, 1]
    let loop = [0x21, 0xff, 11] + Self.text("NETSCAPE2.0") + [3, 1, 0, 0, 0]
    let control: [UInt8] = [0x21, 0xf9, 4, 0, 5, 0, 0, 0]
    let picture: [UInt8] = [
      0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0x80, 1, 2, 3, 4, 5, 6, 2, 2, 0x44, 1, 0,
    ]
    let told =
      [0x21, 0xfe, 6] + Self.text("secret") + [0, 0x21, 0xff, 11] + Self.text("XMP DataXMP")
      + [1, 7, 0]
    let expected = head + loop + control + picture + control + picture + [0x3b]
    let bytes =
      head + told + loop + control + picture + told + control + picture + [0x3b] + [1, 2]
    #expect(try Self.left(bytes) == expected)
    for broken in [Array(expected.dropLast()), head + [0x21, 0xfe, 9, 1], head + [0, 0x3b]] {
      #expect(try Self.left(broken) == nil)
    }
  }

  // MARK: WebP

  private static func riff(_ body: [UInt8]) -> [UInt8] {
    text("RIFF") + [UInt8(body.count + 4), 0, 0, 0] + text("WEBP") + body
  }
  private static func part(_ type: String, _ data: [UInt8]) -> [UInt8] {
    text(type) + [UInt8(data.count), 0, 0, 0] + data + (data.count % 2 == 1 ? [0] : [])
  }

  @Test func ofAWebPThePicturesStay() throws {
    let sides: [UInt8] = [0, 0, 0, 1, 0, 0, 1, 0, 0]
    let data = Self.part("ICCP", [1]) + Self.part("VP8L", [0x2f, 1, 0x40, 0, 0])
    let told = Self.part("EXIF", [7, 7, 7]) + Self.part("XMP ", [8]) + Self.part("WHAT", [9])
    let bytes = Self.riff(Self.part("VP8X", [0x2e] + sides) + data + told)
    let expected = Self.riff(Self.part("VP8X", [0x22] + sides) + data)
    #expect(try Self.left(bytes + [1, 2, 3]) == expected)
    #expect(try Self.left(expected) == expected)
    #expect(try Self.left(Array(expected.dropLast())) == nil)
    var long = expected
    long[12 + 18 + 4] = 200
    #expect(try Self.left(long) == nil)
  }
}
