// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Making the messages that people send.
extension MIMIContent {
  /// How a text is marked up.
  public enum TextFormat: Sendable {
    /// Markdown of the variant GFM-MIMI. The caller writes `<` of an HTML tag as `&lt;`.
    case markdown
    /// No markup: every character stands for itself.
    case plain

    var contentType: String {
      switch self {
      case .markdown: MediaType.markdown
      case .plain: MediaType.plainText
      }
    }
  }

  /// A text. With `replaces` it is an edit of an earlier one, with `inReplyTo` an answer.
  public static func text(
    _ text: String, format: TextFormat = .markdown, salt: Salt, replaces: MessageID? = nil,
    topicID: [UInt8] = [], expires: Expiration? = nil, inReplyTo: MessageID? = nil,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, replaces: replaces, topicID: topicID, expires: expires, inReplyTo: inReplyTo,
      extensions: extensions,
      body: NestedPart(
        disposition: .render,
        content: .single(contentType: format.contentType, content: Array(text.utf8))))
  }

  /// A reaction to a message.
  public static func reaction(
    _ text: String, to message: MessageID, salt: Salt,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, inReplyTo: message, extensions: extensions,
      body: NestedPart(
        disposition: .reaction,
        content: .single(contentType: MediaType.plainText, content: Array(text.utf8))))
  }

  /// The deletion of an own message, or with `.reaction` the taking back of an own reaction.
  public static func deletion(
    of message: MessageID, disposition: Disposition = .render, salt: Salt,
    inReplyTo: MessageID? = nil, extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, replaces: message, inReplyTo: inReplyTo, extensions: extensions,
      body: NestedPart(disposition: disposition, content: .null))
  }

  /// Delivery and read receipts.
  public static func statusReport(
    _ report: MessageStatusReport, salt: Salt,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, extensions: extensions,
      body: NestedPart(
        disposition: .unspecified,
        content: .single(
          contentType: MessageStatusReport.contentType, content: report.encoded)))
  }
}

/// Reading what a message means.
extension MIMIContent {
  /// The text to show, or `nil` when the message is no text that can be read here.
  public var text: String? {
    body.readableTexts { disposition in disposition.isShown }?.joined(separator: "\n")
  }

  /// The reactions, each for itself, when the message is one or more of text; else none.
  public var reactions: [String] {
    guard inReplyTo != nil else { return [] }
    return body.readableTexts { disposition in disposition == .reaction } ?? []
  }

  /// Whether the message is a reaction, of whatever kind.
  public var isReaction: Bool { inReplyTo != nil && body.disposition == .reaction }

  /// Whether the message takes another one back.
  public var isDeletion: Bool { replaces != nil && body.content == .null }

  /// The receipts, when the message is a report that can be read.
  public var statusReport: MessageStatusReport? {
    guard case .single(let contentType, let content) = body.content,
      MediaType(contentType)?.essence == MessageStatusReport.contentType
    else { return nil }
    return try? MessageStatusReport(decoding: content)
  }
}

extension NestedPart {
  /// The texts of this part and those in it whose disposition `includes`, or `nil` when there is
  /// nothing to read.
  ///
  /// Of a choice the first readable part counts; of a unit all or nothing; of a series all that can
  /// be read.
  func readableTexts(where includes: (Disposition) -> Bool) -> [String]? {
    guard includes(disposition) else { return nil }
    switch content {
    case .null, .external: return nil
    case .single(let contentType, let bytes):
      guard let type = MediaType(contentType), type.isReadableText else { return nil }
      return String(validating: bytes, as: UTF8.self).map { text in [text] }
    case .multi(let semantics, let parts):
      let readable = parts.compactMap { part in part.readableTexts(where: includes) }
      switch semantics {
      case .chooseOne: return readable.first
      case .singleUnit: return readable.count == parts.count ? Array(readable.joined()) : nil
      case .processAll: return readable.isEmpty ? nil : Array(readable.joined())
      }
    }
  }
}
