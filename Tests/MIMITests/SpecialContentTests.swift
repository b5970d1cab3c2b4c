// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MIMI

/// Places, cards and previews, to the byte.
@Suite struct SpecialContentTests {
  private static let salt = Salt(Array(repeating: 1, count: 16))

  @Test(arguments: [
    ("0", "0"), ("-90", "180"), ("90.0", "-180.000"), ("48.2082000001", "16.3738"), ("007", "1"),
  ])
  func placesReadBack(latitude: String, longitude: String) throws {
    let place = try #require(
      GeoLocation(latitude: latitude, longitude: longitude, label: "Here"))
    #expect(place.uri == "geo:\(latitude),\(longitude)")
    #expect(try GeoLocation(decoding: place.encoded) == place)
    let content = MIMIContent(
      salt: try #require(Self.salt), body: MIMIContent.body(locating: place))
    #expect(content.location == place && content.text == "Here\ngeo:\(latitude),\(longitude)")
  }

  @Test(arguments: [
    "", "-", ".", "1.", ".5", "+1", "1e3", "1 ", " 1", "0x1", "90.1", "91", "-90.0001", "1000",
    "1.2.3", "1,2", "٣", "1.00000000001", "--1", "nan",
  ])
  func whatIsNoNumberIsNoPlace(text: String) {
    #expect(GeoLocation(latitude: text, longitude: "0") == nil)
  }

  private static func place(_ uri: String, _ label: String = "") -> [UInt8] {
    CBORValue.array([.text(uri), .text(label)]).encoded
  }

  @Test(
    arguments: [
      (place("geo:1,2;u=3"), .invalidValue(field: "location")),
      (place("geo:1,2,3"), .invalidValue(field: "location")),
      (place("GEO:1,2"), .invalidValue(field: "location")),
      (place("geo:1"), .invalidValue(field: "location")),
      (place("https://x.example"), .invalidValue(field: "location")),
      (place("geo:1,2", "a\nb"), .invalidValue(field: "location")),
      (place("geo:1,2") + [0], .trailingBytes), ([0x80], .invalidValue(field: "location")),
      ([0x82, 0x61], .truncated), ([], .truncated),
    ] as [([UInt8], DecodingFailure)])
  func otherPlacesAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try GeoLocation(decoding: bytes) }
  }

  @Test(arguments: ["Bob", "Smith, Bob; \\ \"B\"", String(repeating: "ü", count: 128), ",\u{301}"])
  func cardsReadBack(name: String) throws {
    let card = try #require(ContactCard(name: name, uri: "mimi://x.example/u/bob"))
    #expect(try ContactCard(decoding: card.encoded) == card)
    let lines = card.encoded.split(separator: 13, omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 76 }, "a line, and the line feed before it")
    let content = MIMIContent(
      salt: try #require(Self.salt), body: MIMIContent.body(introducing: card))
    #expect(content.contactCard == card && content.text == name + "\nmimi://x.example/u/bob")
  }

  @Test func cardsHaveOneForm() throws {
    let card = try #require(ContactCard(name: "A, B", uri: "mimi://x.example/u/abc"))
    let text =
      "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A\\, B\r\nIMPP:mimi://x.example/u/abc\r\nEND:VCARD\r\n"
    #expect(card.encoded == Array(text.utf8))
    for (from, to) in [
      ("4.0", "3.0"), ("\\,", ","), ("FN:", "fn:"), ("\r\nEND", "\nEND"), ("A\\", "A\r\n \\"),
      ("END:VCARD\r\n", "END:VCARD"), ("FN:A\\, B\r\n", ""), ("IMPP", "TEL:1\r\nIMPP"),
      ("A\\, B", ""), ("A\\, B", "A\\nB"), ("BEGIN", "\r\nBEGIN"),
    ] {
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      #expect(throws: DecodingFailure.invalidValue(field: "vCard"), "\(to)") {
        try ContactCard(decoding: Array(changed.utf8))
      }
    }
    #expect(throws: DecodingFailure.invalidValue(field: "vCard")) {
      try ContactCard(decoding: [0xff])
    }
    #expect(throws: DecodingFailure.limitExceeded) {
      try ContactCard(decoding: Array(repeating: 65, count: 1_025))
    }
  }

  private static let preview = LinkPreview(url: "https://x.example/a", title: "T", text: "D")

  @Test(arguments: [
    ("https://x.example/a", true), ("see https://x.example/a.", true),
    ("(https://x.example/a)", true), ("<https://x.example/a>!", true),
    ("\"https://x.example/a\"\nmore", true), ("https://x.example/ab", false),
    ("https://x.example/a.evil.example", false), ("[x](https://x.example/a)", false),
    ("xhttps://x.example/a", false), ("https://x.example", false), ("", false),
  ])
  func previewsAreOfLinksInTheText(text: String, stands: Bool) throws {
    let preview = try #require(Self.preview)
    #expect(preview.stands(in: text) == stands)
    var content = MIMIContent.text(text, salt: try #require(Self.salt))
    content.add(preview)
    #expect(content.linkPreview == (stands ? preview : nil))
    #expect(content.text == text)
    #expect(try LinkPreview(decoding: preview.encoded) == preview)
  }

  private static func preview(_ url: String, _ title: String, _ text: String) -> [UInt8] {
    CBORValue.array([.text(url), .text(title), .text(text)]).encoded
  }

  @Test(
    arguments: [
      (preview("ftp://x", "T", ""), .invalidValue(field: "preview")),
      (preview("https://x y", "T", ""), .invalidValue(field: "preview")),
      (preview("https://ü", "T", ""), .invalidValue(field: "preview")),
      (preview("https://x", "", ""), .invalidValue(field: "preview")),
      (preview("https://x", "a\nb", ""), .invalidValue(field: "preview")),
      (preview("https://x", "T", "\u{7}"), .invalidValue(field: "preview")),
      (preview("https://x", "T", "") + [0], .trailingBytes),
      ([0x82], .invalidValue(field: "preview")), ([0x83], .truncated),
    ] as [([UInt8], DecodingFailure)])
  func otherPreviewsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try LinkPreview(decoding: bytes) }
  }
}
