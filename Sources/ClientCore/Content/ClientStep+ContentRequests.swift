// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// Messages that are more than a text.
extension ClientStep {
  mutating func answer(
    _ request: ClientContentRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .text(let address, let text, let wanted, let timer):
      guard let preview = wanted.content else {
        return refuse(
          token, .badRequest, "A preview has a link of http or https and a title of one line.")
      }
      guard preview.stands(in: text) else {
        return refuse(token, .badRequest, "The link of the preview does not stand in the text.")
      }
      try send(text, to: address, inReplyTo: [], preview: preview, timer: timer, token: token)
    case .location(let address, let wanted):
      guard let location = wanted.content else {
        return refuse(
          token, .badRequest, "A place is at -90 to 90 and -180 to 180 degrees, in digits.")
      }
      try send(
        location.words, to: address, inReplyTo: [], special: .location(location), token: token)
    case .contact(let address, let wanted):
      guard let card = wanted.content else {
        return refuse(token, .badRequest, "A contact has a name and an address name@domain.")
      }
      let special = SpecialContent.contact(card)
      try send(special.words, to: address, inReplyTo: [], special: special, token: token)
    }
  }
}

extension MessageRow {
  /// What its sender says about a link in it.
  var linkPreview: LinkPreview? {
    guard kind == .text, !content.isEmpty, let content = try? MIMIContent(decoding: content) else {
      return nil
    }
    return content.linkPreview
  }
}

/// The stored form of events of messages with a preview: a tag, the preview, and then the event
/// without it, so that events of earlier versions can be read.
extension ClientEvent.Kind {
  static let previewTag: UInt8 = 84
  /// Of messages that can stand behind it: plain, answering, timed, with files, with mentions.
  private static let innerTags: Set<UInt8> = [1, 13, 60, 70, mentionTag]

  init(previewing input: inout Span<UInt8>) throws(DecodingFailure) {
    let preview = LinkPreviewReport(try LinkPreview(decoding: try input.readVector()))
    guard !input.isEmpty, Self.innerTags.contains(input[0]),
      case .messageReceived(let plain) = try ClientEvent.Kind(from: &input)
    else { throw .invalidValue(field: "preview") }
    self = .messageReceived(plain.previewing(preview))
  }

  /// Appends the form when the message has a preview.
  ///
  /// - Returns: whether it did.
  func encodePreview(to output: inout ByteWriter) -> Bool {
    guard case .messageReceived(let message) = self, let preview = message.preview?.content else {
      return false
    }
    output.write(Self.previewTag)
    output.write(vector: preview.encoded)
    output.write(ClientEvent.Kind.messageReceived(message.previewing(nil)))
    return true
  }
}

extension ClientEvent.Message {
  fileprivate func previewing(_ preview: LinkPreviewReport?) -> ClientEvent.Message {
    ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo, timer: timer, attachments: attachments, mentions: mentions,
      special: special, preview: preview)
  }
}
