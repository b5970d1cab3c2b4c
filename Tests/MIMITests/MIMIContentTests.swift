// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@Suite struct MIMIContentTests {
  private static func salt() -> Salt {
    var generator = SeededGenerator(seed: 1)
    return Salt(using: &generator)
  }

  private static let head = "8750" + String(repeating: "07", count: 16)
  private static let id = "5820" + "01" + String(repeating: "aa", count: 31)
  private static let wrongID = "5820" + "02" + String(repeating: "aa", count: 31)
  private static let body = "83016000"

  private static func message(
    replaces: String = "f6", topic: String = "40", expires: String = "f6",
    inReplyTo: String = "f6", extensions: String = "a0", body: String = body
  ) throws -> [UInt8] {
    try #require(
      Hex.decode(head + replaces + topic + expires + inReplyTo + extensions + body))
  }

  private static func part(levels: Int) -> String {
    levels == 1 ? body : "8501600300" + "82" + body + part(levels: levels - 1)
  }

  @Test func smallestMessageIsTaken() throws {
    let content = try MIMIContent(decoding: Self.message(replaces: Self.id))
    #expect(content.isDeletion)
    #expect(content.salt.bytes == Array(repeating: 7, count: 16))
  }

  @Test func refusesWhatTheStructureDoesNotAllow() throws {
    let long = "59" + "1001" + String(repeating: "00", count: 4097)
    let cases: [([UInt8], DecodingFailure)] = [
      (try #require(Hex.decode("80")), .invalidValue(field: "message")),
      (try #require(Hex.decode("874107")), .invalidValue(field: "salt")),
      (try Self.message(replaces: "40"), .invalidValue(field: "replaces")),
      (try Self.message(replaces: Self.wrongID), .invalidValue(field: "replaces")),
      (try Self.message(inReplyTo: "00"), .invalidValue(field: "inReplyTo")),
      (try Self.message(inReplyTo: Self.wrongID), .invalidValue(field: "inReplyTo")),
      (try Self.message(topic: "60"), .invalidValue(field: "topic")),
      (try Self.message(topic: long), .limitExceeded),
      (try Self.message(expires: "82f500f5"), .invalidValue(field: "inReplyTo")),
      (try Self.message(expires: "83f50000"), .invalidValue(field: "expiration")),
      (try Self.message(expires: "820000"), .invalidValue(field: "expiration")),
      (try Self.message(expires: "82f51b0000000100000000"), .invalidValue(field: "expiration")),
      (try Self.message(extensions: "80"), .invalidValue(field: "extensions")),
      (try Self.message(extensions: "a101f6"), .invalidValue(field: "sender URI")),
      (try Self.message(extensions: "a10240"), .invalidValue(field: "room URI")),
      (try Self.message(extensions: "a14000"), .invalidValue(field: "extension key")),
      (try Self.message(extensions: "a16000"), .invalidValue(field: "extension key")),
      (try Self.message(extensions: "a202000100"), .invalidValue(field: "CBOR map order")),
      (try Self.message(extensions: "a203000300"), .invalidValue(field: "CBOR duplicate key")),
      (try Self.message(extensions: "a10381818180"), .limitExceeded),
      (try Self.message(body: "80"), .invalidValue(field: "part")),
      (try Self.message(body: "90"), .limitExceeded),
      (try Self.message(body: "831901006000"), .invalidValue(field: "disposition")),
      (try Self.message(body: "83014000"), .invalidValue(field: "language")),
      (try Self.message(body: "83016004"), .invalidValue(field: "cardinality")),
      (try Self.message(body: "83016001"), .invalidValue(field: "part")),
      (try Self.message(body: "850160006040"), .invalidValue(field: "part")),
      (try Self.message(body: "850160014040"), .invalidValue(field: "content type")),
      (try Self.message(body: "850160016060"), .invalidValue(field: "content")),
      (try Self.message(body: "850160030380"), .invalidValue(field: "part semantics")),
      (try Self.message(body: "850160030080"), .invalidValue(field: "parts")),
      (try Self.message(body: "850160030081" + Self.body), .invalidValue(field: "parts")),
      (try Self.message(body: Self.part(levels: 5)), .limitExceeded),
    ]
    for (bytes, failure) in cases {
      #expect(throws: failure, "\(Hex.encode(bytes).dropFirst(36))") {
        try MIMIContent(decoding: bytes)
      }
    }
    _ = try MIMIContent(decoding: Self.message(body: Self.part(levels: 4)))
    _ = try MIMIContent(decoding: Self.message(extensions: "a103818180"))
  }

  @Test func externalPartFieldsAreChecked() throws {
    let fields = ["60", "60", "00", "00", "00", "40", "40", "40", "00", "40", "60", "60"]
    func body(_ index: Int, _ field: String) -> String {
      var changed = fields
      if index >= 0 { changed[index] = field }
      return "8f066002" + changed.joined()
    }
    _ = try MIMIContent(decoding: Self.message(body: body(-1, "")))
    let cases: [(Int, String, StaticName)] = [
      (0, "00", "content type"), (1, "40", "URL"), (2, "1b0000000100000000", "external expiry"),
      (3, "20", "external size"), (4, "1a00010000", "encryption algorithm"), (5, "60", "key"),
      (6, "60", "nonce"), (7, "60", "additional data"), (8, "190100", "hash algorithm"),
      (9, "60", "content hash"), (10, "40", "description"), (11, "40", "file name"),
    ]
    for (index, field, name) in cases {
      #expect(throws: DecodingFailure.invalidValue(field: name)) {
        try MIMIContent(decoding: Self.message(body: body(index, field)))
      }
    }
  }

  @Test func tooManyPartsAreRefused() throws {
    func content(_ count: Int) -> MIMIContent {
      let part = NestedPart(disposition: .render, content: .null)
      return MIMIContent(
        salt: Self.salt(),
        body: NestedPart(
          disposition: .render,
          content: .multi(.processAll, Array(repeating: part, count: count))))
    }
    _ = try content(NestedPart.partsMax - 1).encodedForSending()
    #expect(throws: DecodingFailure.limitExceeded) {
      try content(NestedPart.partsMax).encodedForSending()
    }
    #expect(throws: DecodingFailure.invalidValue(field: "parts")) {
      try content(1).encodedForSending()
    }
  }

  @Test func longestMessageIsTakenAndNothingLonger() throws {
    let empty = MIMIContent.text("", salt: Self.salt()).encoded.count
    let room = MIMIContent.lengthMax - empty - 2
    let longest = MIMIContent.text(String(repeating: "a", count: room), salt: Self.salt())
    #expect(try longest.encodedForSending().count == MIMIContent.lengthMax)
    #expect(throws: DecodingFailure.limitExceeded) {
      try MIMIContent.text(String(repeating: "a", count: room + 1), salt: Self.salt())
        .encodedForSending()
    }
  }

  @Test func extensionFieldsKeepOrderAndLimits() throws {
    var extensions = ContentExtensions()
    extensions[.text("zz")] = .null
    extensions.senderManifest = SenderManifest(version: 7, hash: Array(0..<32))
    extensions.roomURI = "mimi://m.example/g/1"
    extensions.senderURI = "mimi://m.example/u/alice"
    extensions[.integer(-5)] = .bool(true)
    let content = MIMIContent.text("hi", salt: Self.salt(), extensions: extensions)
    let decoded = try MIMIContent(decoding: content.encodedForSending())
    #expect(
      decoded.extensions.entries.map(\.key)
        == [.integer(1), .integer(2), .integer(-5), .text("zz"), .text("app.sotto.manifest")])
    #expect(decoded.extensions.senderManifest?.version == 7)
    #expect(decoded.extensions.senderManifest?.hash == Array(0..<8))
    #expect(decoded.extensions == extensions)
    #expect(SenderManifest(version: 1, hash: [1]) == nil)

    var crowded = ContentExtensions()
    for number in 0...Int64(ContentExtensions.countMax) {
      crowded[.integer(number + 300)] = .null
    }
    #expect(throws: DecodingFailure.limitExceeded) {
      try MIMIContent.text("", salt: Self.salt(), extensions: crowded).encodedForSending()
    }
  }

  @Test(
    arguments: [
      "00", "8100", "82004700000000000000", "8220480000000000000000",
      "821b0000000100000000480000000000000000", "830048000000000000000000",
    ])
  func malformedManifestNoteIsRefused(value: String) throws {
    let key = "72" + Hex.encode(Array("app.sotto.manifest".utf8))
    #expect(throws: DecodingFailure.invalidValue(field: "sender manifest")) {
      try MIMIContent(decoding: Self.message(extensions: "a1" + key + value))
    }
  }

  @Test func longExtensionValuesAndKeysAreRefused() throws {
    let allowed = "a1035910" + "0" + "0" + String(repeating: "00", count: 4096)
    #expect(throws: DecodingFailure.limitExceeded) {
      try MIMIContent(decoding: Self.message(extensions: allowed))
    }
    let fits = "a103590ffc" + String(repeating: "00", count: 4092)
    _ = try MIMIContent(decoding: Self.message(extensions: fits))
    let key = "a1790100" + String(repeating: "61", count: 256) + "00"
    #expect(throws: DecodingFailure.invalidValue(field: "extension key")) {
      try MIMIContent(decoding: Self.message(extensions: key))
    }
    let longestKey = "a178ff" + String(repeating: "61", count: 255) + "00"
    _ = try MIMIContent(decoding: Self.message(extensions: longestKey))
  }

  @Test func expirationHasToLieWithinAYear() {
    let now = Instant(milliseconds: 1_790_000_000_000)
    let year: UInt32 = 366 * 86_400
    let seconds = UInt32(now.seconds)
    #expect(Expiration.relative(seconds: year).isPlausible(acceptedAt: now))
    #expect(!Expiration.relative(seconds: year + 1).isPlausible(acceptedAt: now))
    #expect(Expiration.absolute(seconds: seconds + year).isPlausible(acceptedAt: now))
    #expect(!Expiration.absolute(seconds: seconds + year + 1).isPlausible(acceptedAt: now))
    #expect(Expiration.absolute(seconds: seconds - year).isPlausible(acceptedAt: now))
    #expect(!Expiration.absolute(seconds: seconds - year - 1).isPlausible(acceptedAt: now))
  }

  @Test func textOfPartsFollowsTheirSemantics() throws {
    func text(_ text: String, _ disposition: Disposition = .render) -> NestedPart {
      NestedPart(
        disposition: disposition,
        content: .single(contentType: MediaType.plainText, content: Array(text.utf8)))
    }
    let picture = NestedPart(
      disposition: .inline, content: .single(contentType: "image/png", content: [1]))
    func read(_ semantics: PartSemantics, _ parts: [NestedPart]) -> String? {
      MIMIContent(
        salt: Self.salt(),
        body: NestedPart(disposition: .render, content: .multi(semantics, parts))
      ).text
    }
    #expect(read(.chooseOne, [picture, text("a"), text("b")]) == "a")
    #expect(read(.processAll, [picture, text("a"), text("b")]) == "a\nb")
    #expect(read(.singleUnit, [picture, text("a")]) == nil)
    #expect(read(.singleUnit, [text("a"), text("b")]) == "a\nb")
    #expect(read(.processAll, [text("a"), text("b", .attachment)]) == "a")
    #expect(read(.processAll, [text("a"), text("b", Disposition(rawValue: 200))]) == "a\nb")
    #expect(read(.processAll, [picture, picture]) == nil)
    let latin = NestedPart(
      disposition: .render,
      content: .single(contentType: "text/plain;charset=iso-8859-1", content: [0x61]))
    #expect(read(.chooseOne, [latin, picture]) == nil)
    let broken = NestedPart(
      disposition: .render, content: .single(contentType: MediaType.plainText, content: [0xff]))
    #expect(read(.chooseOne, [broken, picture]) == nil)
  }

  @Test(
    arguments: [
      ("text/plain;charset=utf-8", true), ("Text/Plain; Charset=\"UTF-8\"", true),
      ("text/markdown;variant=GFM-MIMI", true), ("text/markdown", true), ("text/plain", false),
      ("text/plain;charset=utf-16", false), ("text/html;charset=utf-8", false), ("", false),
      ("text", false), ("text/", false), ("text/plain;charset", false), ("te xt/plain", false),
      ("text/plain;=utf-8", false), ("text/plain/x;charset=utf-8", false),
    ])
  func readableMediaTypes(text: String, isReadable: Bool) {
    #expect((MediaType(text)?.isReadableText ?? false) == isReadable)
  }
}
