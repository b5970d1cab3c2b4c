// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// The stored form of events that mention somebody: a tag, who, and then the event without it, so
/// that events of earlier versions can be read.
extension ClientEvent.Kind {
  static let mentionTag: UInt8 = 80
  /// Of events that can stand behind it: messages plain, answering, timed, with files; edits.
  private static let innerTags: Set<UInt8> = [1, 13, 60, 70, 10]

  init(mentioning input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readUInt8()
    guard (1...UInt8(MentionText.countMax)).contains(count) else {
      throw .invalidValue(field: "mentions")
    }
    var addresses: [String] = []
    for _ in 0..<count {
      guard let address = String(validating: try input.readVector(), as: UTF8.self) else {
        throw .invalidValue(field: "text")
      }
      addresses.append(address)
    }
    let mentions = Mentions(addresses, includesMe: try input.readFlag(field: "mentions me"))
    guard !input.isEmpty, Self.innerTags.contains(input[0]) else {
      throw .invalidValue(field: "mentions")
    }
    switch try ClientEvent.Kind(from: &input) {
    case .messageReceived(let plain): self = .messageReceived(plain.mentioning(mentions))
    case .messageEdited(let messageID, let text, let byPeer, _):
      self = .messageEdited(
        messageID: messageID, text: text, byPeer: byPeer, mentions: mentions)
    default: throw .invalidValue(field: "mentions")
    }
  }

  /// Appends the form when somebody is mentioned.
  ///
  /// - Returns: whether it did.
  func encodeMentions(to output: inout ByteWriter) -> Bool {
    let mentions: Mentions
    let inner: ClientEvent.Kind
    switch self {
    case .messageReceived(let message):
      (mentions, inner) = (message.mentions, .messageReceived(message.mentioning(Mentions())))
    case .messageEdited(let messageID, let text, let byPeer, let found):
      (mentions, inner) = (found, .messageEdited(messageID: messageID, text: text, byPeer: byPeer))
    default: return false
    }
    guard !mentions.isEmpty else { return false }
    output.write(Self.mentionTag)
    output.write(UInt8(clamping: mentions.addresses.count))
    for address in mentions.addresses.prefix(MentionText.countMax) {
      output.write(vector: Array(address.utf8))
    }
    output.write(UInt8(mentions.includesMe ? 1 : 0))
    output.write(inner)
    return true
  }
}

extension ClientEvent.Message {
  /// The same with other mentions.
  func mentioning(_ mentions: Mentions) -> ClientEvent.Message {
    ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo, timer: timer, attachments: attachments, mentions: mentions,
      special: special)
  }
}
