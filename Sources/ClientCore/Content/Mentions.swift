// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Who is mentioned in a message: people who are in its conversation.
public struct Mentions: Hashable, Sendable {
  /// Their addresses, each once, in the order of the text.
  public let addresses: [String]
  /// Whether this account is among them, and somebody else said so.
  public let includesMe: Bool

  /// Nobody, or these.
  public init(_ addresses: [String] = [], includesMe: Bool = false) {
    self.addresses = addresses
    self.includesMe = includesMe
  }

  /// Whether nobody is.
  public var isEmpty: Bool { addresses.isEmpty }
}

extension ClientStep {
  /// The people of a conversation.
  private mutating func people(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Set<String> {
    guard RoomReference.isOne(conversation.address) else {
      return [conversation.address, state.device?.address.description ?? ""]
    }
    guard let row = try sendingGroup(of: conversation) else { return [] }
    return Set(try group(row).roomMembers.map(\.address))
  }

  /// A text as it is to be said in a group: `@alice@messenger.example`, and `@alice` where only one
  /// of that name is in it, become mentions.
  mutating func withMentions(
    _ text: String, in conversation: ConversationRow?
  ) throws(ClientStoreFailure) -> String {
    guard let conversation, RoomReference.isOne(conversation.address), text.contains("@") else {
      return text
    }
    let people = try people(of: conversation)
    return MentionText(text).linking { name in
      let matching =
        name.contains("@")
        ? people.filter { $0 == name } : people.filter { $0.prefix { $0 != "@" } == name }
      guard matching.count == 1, let found = matching.first, let address = try? Address(found)
      else { return nil }
      return (found, address.uri)
    }
  }

  /// A text that somebody said, as people read it.
  mutating func shown(
    _ text: String, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> String {
    let parsed = MentionText(text)
    guard parsed.hasLinks else { return text }
    let people = try people(of: conversation)
    return parsed.shown { uri in
      (try? Address(uri: uri)).flatMap { people.contains($0.description) ? $0.description : nil }
    }.text
  }

  /// Who is mentioned in a message, from what was said and what was shown of it then: people go,
  /// and were mentioned all the same.
  func mentions(in row: MessageRow) -> Mentions {
    guard row.kind == .text, row.text.contains("@"), !row.content.isEmpty,
      let said = (try? MIMIContent(decoding: row.content))?.text
    else { return Mentions() }
    let parsed = MentionText(said)
    guard parsed.hasLinks else { return Mentions() }
    let addresses = parsed.mentioned(in: row.text) { uri in
      (try? Address(uri: uri))?.description
    }
    let own = state.device?.address.description
    return Mentions(
      addresses, includesMe: !row.own && addresses.contains { $0 == own })
  }
}
