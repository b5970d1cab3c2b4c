// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Messages that are more than their text, with the text for programs that know no more.
extension MIMIContent {
  /// A part that stands for the whole message: a choice between it and a text.
  static func special(_ contentType: String, _ content: [UInt8], words: String) -> NestedPart {
    NestedPart(
      disposition: .render,
      content: .multi(
        .chooseOne,
        [
          NestedPart(
            disposition: .render, content: .single(contentType: contentType, content: content)),
          NestedPart(
            disposition: .render,
            content: .single(contentType: MediaType.plainText, content: Array(words.utf8))),
        ]))
  }

  /// The bytes of the first part of such a choice, when it is of this media type. A later version
  /// of a message is never one: what was a text stays a text.
  func special(_ contentType: String) -> [UInt8]? {
    guard replaces == nil, body.disposition.isShown,
      case .multi(.chooseOne, let parts) = body.content, let first = parts.first,
      first.disposition.isShown, case .single(let type, let content) = first.content,
      MediaType(type)?.essence == contentType
    else { return nil }
    return content
  }

  /// The bytes of a remark upon another message, when it is of this media type. Programs that do
  /// not know it take it for a reaction of another form, and show nothing.
  func remark(_ contentType: String) -> [UInt8]? {
    guard replaces == nil, isReaction, case .single(let type, let content) = body.content,
      MediaType(type)?.essence == contentType
    else { return nil }
    return content
  }

  /// A remark upon another message.
  static func remark(
    _ contentType: String, _ content: [UInt8], upon message: MessageID, salt: Salt,
    extensions: ContentExtensions
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, inReplyTo: message, extensions: extensions,
      body: NestedPart(
        disposition: .reaction, content: .single(contentType: contentType, content: content)))
  }
}

/// Polls.
extension MIMIContent {
  /// The body of a message that asks something.
  public static func body(asking question: PollQuestion) -> NestedPart {
    special(PollContent.contentType, PollContent.question(question).encoded, words: question.words)
  }

  /// What the message asks, when it is a poll that can be read.
  public var poll: PollQuestion? {
    guard let bytes = special(PollContent.contentType),
      case .question(let question)? = try? PollContent(decoding: bytes)
    else { return nil }
    return question
  }

  /// A vote, or the end of a poll.
  public static func poll(
    _ remark: PollContent, upon poll: MessageID, salt: Salt,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    .remark(
      PollContent.contentType, remark.encoded, upon: poll, salt: salt, extensions: extensions)
  }

  /// The vote or the end that the message is, when it can be read.
  public var pollRemark: PollContent? {
    guard let bytes = remark(PollContent.contentType),
      let content = try? PollContent(decoding: bytes)
    else { return nil }
    if case .question = content { return nil }
    return content
  }
}
