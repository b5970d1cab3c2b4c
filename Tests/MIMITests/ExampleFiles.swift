// SPDX-License-Identifier: Apache-2.0

import Foundation
import MIMI
import SansIO
import Testing

/// The example files of draft-ietf-mimi-content-08.
enum ExampleFiles {
  static let messages = [
    "attachment", "conferencing", "delete", "edit", "expiring", "mention", "mention-html",
    "multipart-1", "multipart-2", "multipart-3", "original", "reaction", "reply", "unlike",
  ]
  static let all = messages + ["implied-original"]

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Vectors/mimi")

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name + ".cbor")))
  }

  /// The message ID in the first comment of the file's diagnostic notation.
  static func statedMessageID(_ name: String) throws -> MessageID {
    let text = try String(
      contentsOf: folder.appendingPathComponent(name + ".edn"), encoding: .utf8)
    let start = try #require(text.range(of: "message ID = h'"))
    let end = try #require(text.range(of: "'", range: start.upperBound..<text.endIndex))
    let digits = text[start.upperBound..<end.lowerBound].filter(\.isHexDigit)
    return try ExampleContents.id(String(digits))
  }
}

/// The fourteen messages, made from the values that their diagnostic notation states.
enum ExampleContents {
  private static let html = "text/html;charset=utf-8"

  static func id(_ text: String) throws -> MessageID {
    let bytes = try hex(text)
    return try #require(MessageID(bytes))
  }

  private static func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

  private static func salt(_ text: String) throws -> Salt {
    let bytes = try hex(text)
    return try #require(Salt(bytes))
  }

  private static func extensions(_ sender: String) -> ContentExtensions {
    var extensions = ContentExtensions()
    extensions.senderURI = "mimi://example.com/u/" + sender
    extensions.roomURI = "mimi://example.com/r/engineering_team"
    return extensions
  }

  private static func single(
    _ disposition: Disposition, _ language: String, _ type: String, _ content: String
  ) -> NestedPart {
    NestedPart(
      disposition: disposition, language: language,
      content: .single(contentType: type, content: Array(content.utf8)))
  }

  private static func binary(
    _ disposition: Disposition, _ type: String, _ content: String
  ) throws -> NestedPart {
    NestedPart(
      disposition: disposition, content: .single(contentType: type, content: try hex(content)))
  }

  static func content(_ name: String) throws -> MIMIContent {
    let original = try id("017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4")
    let reply = try id("015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27")
    let reaction = try id("0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68")
    switch name {
    case "original":
      return .text(
        "Hi everyone, we just shipped release 2.0. __Good  work__!",
        salt: try salt("5eed9406c2545547ab6f09f20a18b003"), extensions: extensions("alice-smith"))
    case "reply":
      return .text(
        "Right on! _Congratulations_ 'all!", salt: try salt("11a458c73b8dd2cf404db4b378b8fe4d"),
        inReplyTo: original, extensions: extensions("bob-jones"))
    case "reaction":
      return .reaction(
        "\u{2764}", to: original, salt: try salt("d37bc0e6a8b4f04e9e6382375f587bf6"),
        extensions: extensions("cathy-washington"))
    case "mention":
      return .text(
        "Kudos to [@Alice Smith](mimi://example.com/u/alice-smith)"
          + " for making the release happen!",
        salt: try salt("04f290e215d0f82d1750bfa8b7dc089d"), inReplyTo: original,
        extensions: extensions("cathy-washington"))
    case "mention-html":
      return MIMIContent(
        salt: try salt("15d9705fd5bf5e02b0af47c85f8b98fe"), inReplyTo: original,
        extensions: extensions("cathy-washington"),
        body: single(
          .render, "", html,
          "<p>Kudos to <a href=\"mimi://example.com/u/alice-smith\">"
            + "@Alice Smith</a> for making the release happen!</p>"))
    case "edit":
      return .text(
        "Right on! _Congratulations_ y'all!", salt: try salt("b8c2e6d8800ecf45df39be6c45f4c042"),
        replaces: reply, inReplyTo: original, extensions: extensions("bob-jones"))
    case "delete":
      return .deletion(
        of: reply, salt: try salt("0a590d73b2c7761c39168be5ebf7f2e6"), inReplyTo: original,
        extensions: extensions("bob-jones"))
    case "unlike":
      return .deletion(
        of: reaction, disposition: .reaction,
        salt: try salt("c5ba86dc9fd272e58ca52ec805b79199"), inReplyTo: original,
        extensions: extensions("cathy-washington"))
    case "expiring":
      return .text(
        "__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects.",
        salt: try salt("33be993eb39f418f9295afc2ae160d2d"),
        expires: .absolute(seconds: 1_644_390_004), extensions: extensions("alice-smith"))
    default: return try larger(name)
    }
  }

  private static func larger(_ name: String) throws -> MIMIContent {
    switch name {
    case "attachment":
      return MIMIContent(
        salt: try salt("18fac6371e4e53f1aeaf8a013155c166"), extensions: extensions("bob-jones"),
        body: NestedPart(
          disposition: .attachment, language: "en",
          content: .external(
            ExternalPart(
              contentType: "video/mp4", url: "https://example.com/storage/8ksB4bSrrRE.mp4",
              size: 708_234_961, encryptionAlgorithm: 1,
              key: try hex("21399320958a6f4c745dde670d95e0d8"),
              nonce: try hex("c86cf2c33f21527d1dd76f5b"), hashAlgorithm: 1,
              contentHash: try hex(
                "9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163"),
              description: "2 hours of key signing video", filename: "bigfile.mp4"))))
    case "conferencing":
      return MIMIContent(
        salt: try salt("678ac6cd54de049c3e9665cd212470fa"), topicID: Array("Foo 118".utf8),
        extensions: extensions("alice-smith"),
        body: NestedPart(
          disposition: .session,
          content: .external(
            ExternalPart(
              contentType: "", url: "https://example.com/join/12345",
              description: "Join the Foo 118 conference"))))
    case "multipart-1":
      return MIMIContent(
        salt: try salt("261c953e178af653fe3d42641b91d814"), extensions: extensions("alice-smith"),
        body: NestedPart(
          disposition: .render,
          content: .multi(
            .chooseOne,
            [
              single(.render, "", MediaType.markdown, "# Welcome!"),
              try binary(
                .render, "application/vnd.examplevendor-fancy-im-message",
                "dc861ebaa718fd7c3ca159f71a2001"),
            ])))
    case "multipart-2":
      return MIMIContent(
        salt: try salt("8528dc2d92e4f1944d62042907ab94d0"), extensions: extensions("alice-smith"),
        body: NestedPart(
          disposition: .reaction,
          content: .multi(
            .processAll,
            try ["e29da4", "f09fa5b3", "f09fa49e"].map { emoji in
              try binary(.reaction, MediaType.plainText, emoji)
            })))
    default:
      return MIMIContent(
        salt: try salt("b8362793168d18c049b882d4642a2274"), extensions: extensions("alice-smith"),
        body: NestedPart(
          disposition: .render,
          content: .multi(
            .chooseOne,
            [
              try pictured("image/gif", "dc861ebaa718fd7c3ca159f71a2001a7", index: 5),
              try pictured("image/png", "fa444237451a05a72bb0f67037cc1669", index: 10),
            ])))
    }
  }

  /// English or French, with the picture that both refer to.
  private static func pictured(_ type: String, _ picture: String, index: Int) throws -> NestedPart {
    func page(_ title: String, _ alternative: String) -> String {
      "<html><body><h1>\(title)!</h1>\n<img src=\"cid:\(index)@local.invalid\" "
        + "alt=\"\(alternative)\"/>\n</body></html>"
    }
    let languages = NestedPart(
      disposition: .render,
      content: .multi(
        .chooseOne,
        [
          single(.render, "en", html, page("Welcome", "Welcome image")),
          single(.render, "fr", html, page("Bienvenue", "Image bienvenue")),
        ]))
    return NestedPart(
      disposition: .render,
      content: .multi(.processAll, [languages, try binary(.inline, type, picture)]))
  }
}
