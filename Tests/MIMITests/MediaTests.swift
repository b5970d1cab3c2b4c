// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MIMI

/// What a message says of pictures and voice notes before they are there, to the byte.
@Suite struct MediaTests {
  /// A JPEG as the checks see it: every segment that there must be, and one that stands for the
  /// picture.
  static func jpeg(
    width: UInt16 = 320, height: UInt16 = 200, before: [UInt8] = [], scan: [UInt8] = [1, 2, 3]
  ) -> [UInt8] {
    let jfif: [UInt8] = [
      0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
    ]
    let frame: [UInt8] = [
      0xff, 0xc0, 0, 11, 8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8),
      UInt8(width & 255), 1, 1, 0x11, 0,
    ]
    return [0xff, 0xd8] + jfif + before + frame + [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0] + scan
      + [0xff, 0xd9]
  }

  @Test func thumbnailsAreSmallBaselineJPEGs() throws {
    let tables: [UInt8] = [0xff, 0xdb, 0, 3, 0, 0xff, 0xc4, 0, 2, 0xff, 0xdd, 0, 4, 0, 1]
    let bytes = Self.jpeg(before: tables, scan: [0xff, 0, 7, 0xff, 0xd0, 9])
    let thumbnail = try #require(JPEGThumbnail(bytes))
    #expect((thumbnail.width, thumbnail.height) == (320, 200))
    #expect(thumbnail.bytes == bytes)
    let most = JPEGThumbnail.bytesMax - Self.jpeg(scan: []).count
    #expect(JPEGThumbnail(Self.jpeg(scan: Array(repeating: 1, count: most))) != nil)
    #expect(JPEGThumbnail(Self.jpeg(scan: Array(repeating: 1, count: most + 1))) == nil)
  }

  @Test(
    arguments: [
      [], [0xff, 0xd8], jpeg(width: 0), jpeg(height: 0), jpeg(width: 321), jpeg(height: 321),
      jpeg(scan: []).dropLast(2) + [], jpeg() + [0], Array(jpeg().dropLast()),
      // Exif, a comment, another frame, a frame of another kind, a byte that fills.
      jpeg(before: [0xff, 0xe1, 0, 2]), jpeg(before: [0xff, 0xfe, 0, 3, 65]),
      jpeg(before: [0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
      jpeg(before: [0xff, 0xc2, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]), jpeg(before: [0xff]),
      // A segment that is longer than the file, and one that is shorter than its length.
      jpeg(before: [0xff, 0xdb, 0xff, 0xff]), jpeg(before: [0xff, 0xdb, 0, 1]),
      // A second scan, an end within, half a marker.
      jpeg(scan: [0xff, 0xda, 0, 2]), jpeg(scan: [0xff, 0xd9, 0]), jpeg(scan: [1, 0xff]),
      [0x89, 0x50, 0x4e, 0x47],
    ] as [[UInt8]])
  func whatIsOfAnotherFormIsNone(bytes: [UInt8]) {
    #expect(JPEGThumbnail(bytes) == nil)
  }

  @Test func waveformsArePacked() throws {
    let bars = (0..<64).map { UInt8($0 % 32) }
    let voice = try #require(VoiceDescription(milliseconds: 12_345, bars: bars))
    #expect(voice.packed.count == 40)
    // 0, 1, 2 in five bits each, then the first bit of 3.
    #expect(voice.packed.prefix(2) == [0b0000_0000, 0b0100_0100])
    #expect(VoiceDescription(milliseconds: 12_345, packed: voice.packed) == voice)
    #expect(VoiceDescription(milliseconds: 0, bars: bars) == nil)
    #expect(VoiceDescription(milliseconds: 86_400_001, bars: bars) == nil)
    #expect(VoiceDescription(milliseconds: 1, bars: Array(bars.dropLast())) == nil)
    #expect(VoiceDescription(milliseconds: 1, bars: bars.dropLast() + [32]) == nil)
    #expect(VoiceDescription(milliseconds: 1, packed: Array(repeating: 0, count: 39)) == nil)
  }

  @Test(
    arguments: [
      .null, .array([]), .array([.unsigned(1), .unsigned(0), .unsigned(1)]),
      .array([.unsigned(1), .unsigned(1), .unsigned(65_536)]),
      .array([.unsigned(1), .unsigned(.max), .unsigned(1)]),
      .array([.unsigned(1), .unsigned(1)]), .array([.unsigned(3), .unsigned(1), .unsigned(1)]),
      .array([.unsigned(1), .unsigned(1), .bytes([1])]),
      .array([.unsigned(2), .unsigned(1), .unsigned(1)]),
      .array([.unsigned(2), .unsigned(0), .bytes(Array(repeating: 0, count: 40))]),
      .array([.unsigned(2), .unsigned(1 << 33), .bytes(Array(repeating: 0, count: 40))]),
      .array([.unsigned(2), .unsigned(1), .bytes(Array(repeating: 0, count: 41))]),
    ] as [CBORValue])
  func otherDescriptionsAreNone(value: CBORValue) {
    #expect(MediaDescription(value) == nil)
  }

  private static func file(
    _ name: String, _ media: MediaDescription?, thumbnail: [UInt8]? = nil
  ) -> MIMIContent.Attachment {
    MIMIContent.Attachment(
      part: ExternalPart(
        contentType: media == nil ? "text/plain" : "image/png", url: "https://x", filename: name),
      plaintextHash: Array(repeating: 3, count: 32), media: media,
      thumbnail: thumbnail.flatMap(JPEGThumbnail.init))
  }

  private static func message(_ files: [MIMIContent.Attachment], _ text: String?) throws
    -> MIMIContent
  {
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    var content = MIMIContent.text(text ?? "", salt: salt)
    content.attach(files, hasText: text != nil)
    return try MIMIContent(decoding: content.encodedForSending())
  }

  @Test(arguments: [nil, "Look"])
  func filesReadBackWithWhatIsSaidOfThem(text: String?) throws {
    let bars = Array(repeating: UInt8(31), count: 64)
    let voice = try #require(VoiceDescription(milliseconds: 1, bars: bars))
    let files = [
      Self.file("a", MediaDescription(width: 1, height: 65_535), thumbnail: Self.jpeg()),
      Self.file("b", nil), Self.file("c", .voice(voice)),
      Self.file("d", MediaDescription(width: 7, height: 7), thumbnail: Self.jpeg(width: 9)),
    ]
    for count in 1...files.count {
      let some = Array(files.prefix(count))
      let content = try Self.message(some, text)
      #expect(content.attachments == some)
      #expect(content.text == text)
      let bare = try MIMIContent(decoding: content.withoutThumbnails.encodedForSending())
      let expected = some.map { file in
        var file = file
        file.thumbnail = nil
        return file
      }
      #expect(bare.attachments == expected && bare.text == text)
      #expect(bare.encoded.count < content.encoded.count)
      #expect(bare.withoutThumbnails == bare)
    }
  }

  /// A thumbnail belongs to the file right before it and to no other, and is none of a choice.
  @Test func thumbnailsOutOfPlaceAreNone() throws {
    let file = Self.file("a", nil)
    let thumbnail = try #require(JPEGThumbnail(Self.jpeg()))
    var content = try Self.message([file], nil)
    let external = content.body
    let small = NestedPart(thumbnail: thumbnail)
    func thumbnails(_ semantics: PartSemantics, _ parts: [NestedPart]) -> [JPEGThumbnail?] {
      content.body = NestedPart(disposition: .render, content: .multi(semantics, parts))
      return content.attachments.map(\.thumbnail)
    }
    #expect(thumbnails(.processAll, [external, small, external]) == [thumbnail, nil])
    #expect(thumbnails(.processAll, [small, external]) == [nil])
    #expect(thumbnails(.chooseOne, [external, small]) == [nil])
    var other = small
    other.disposition = .render
    #expect(thumbnails(.processAll, [external, other]) == [nil])
    other = small
    other.content = .single(contentType: "image/png", content: thumbnail.bytes)
    #expect(thumbnails(.processAll, [external, other]) == [nil])
    // Two parts of which one is a thumbnail become one.
    _ = thumbnails(.processAll, [external, small])
    #expect(content.withoutThumbnails.body == external)
  }

  /// As many descriptions as files, or none counts.
  @Test func descriptionsOfAnotherNumberAreNone() throws {
    let picture = MediaDescription(width: 2, height: 3)
    var content = try Self.message([Self.file("a", picture), Self.file("b", picture)], nil)
    let key = CBORKey.text("app.sotto.media")
    let value = try #require(picture).value
    for wrong in [.array([value]), .array([value, value, value]), .unsigned(1)] as [CBORValue] {
      content.extensions[key] = wrong
      #expect(content.attachments.map(\.media) == [nil, nil])
    }
    content.extensions[key] = .array([.text("x"), value])
    #expect(content.attachments.map(\.media) == [nil, picture])
  }
}
