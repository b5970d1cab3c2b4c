// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What is looked for, and where.
public struct SearchRequest: Hashable, Sendable {
  /// Words that the message has, or beginnings of them.
  public var text: String
  /// Only in the conversation of this address.
  public var address: String?
  /// Only what this address sent.
  public var sender: String?
  /// Only from this time on.
  public var since: Instant?
  /// Only before this time.
  public var until: Instant?
  /// Only lines before the one of this `seq`.
  public var before: UInt64?
  /// How many.
  public var limit: Int

  /// Makes the value.
  public init(
    _ text: String, address: String? = nil, sender: String? = nil, since: Instant? = nil,
    until: Instant? = nil, before: UInt64? = nil, limit: Int = 20
  ) {
    self.text = text
    self.address = address
    self.sender = sender
    self.since = since
    self.until = until
    self.before = before
    self.limit = limit
  }
}

/// A page of what was found, newest first.
public struct SearchPage: Hashable, Sendable {
  /// What was found.
  public let hits: [SearchHit]
  /// Where the next page begins, when there may be one: `before` takes it.
  public let next: UInt64?

  /// Makes the value.
  public init(hits: [SearchHit], next: UInt64?) {
    self.hits = hits
    self.next = next
  }
}

/// One message that was found.
public struct SearchHit: Hashable, Sendable {
  /// The conversation.
  public let address: String
  /// The line's place in this store.
  public let seq: UInt64
  /// The MIMI message identifier.
  public let messageID: [UInt8]
  /// The sender's address.
  public let sender: String
  /// Whether this account sent it.
  public let own: Bool
  /// Own: when it was queued. Others': when the server accepted it.
  public let at: Instant
  /// The part of the text that was found.
  public let snippet: SearchSnippet
}
