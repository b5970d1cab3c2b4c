// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a user arranges for a conversation; nobody else learns of it.
public enum Arrangement: Hashable, Sendable {
  /// Until this time, or for good, it does not call for attention.
  case mute(until: Instant?)
  /// It does again.
  case unmute
  /// It is put away until something new comes; a pin is taken off.
  case archive
  /// It is brought back.
  case unarchive
  /// It stands above the others, below those that were pinned before; it is brought back.
  case pin
  /// It stands where its activity puts it.
  case unpin
  /// It is to be looked at again.
  case markUnread
}

/// How a conversation is arranged.
public struct ConversationArrangement: Hashable, Sendable {
  /// What was begun and not sent.
  public let draft: String?
  /// Until when it is muted; the largest instant for good.
  public let mutedUntil: Instant?
  /// Whether it is put away.
  public let isArchived: Bool
  /// Since when it stands above the others.
  public let pinnedAt: Instant?
  /// Whether the user wants to look at it again.
  public let isMarkedUnread: Bool

  /// Nothing is arranged.
  public init() {
    draft = nil
    mutedUntil = nil
    isArchived = false
    pinnedAt = nil
    isMarkedUnread = false
  }

  init(_ row: ArrangementRow, at now: Instant) {
    draft = row.draft.isEmpty ? nil : row.draft
    mutedUntil = row.isMuted(at: now) ? row.mutedUntil : nil
    isArchived = row.isArchived
    pinnedAt = row.pinnedAt
    isMarkedUnread = row.isMarkedUnread
  }
}

/// A page of lines with a star, the newest first.
public struct StarredPage: Hashable, Sendable {
  /// One of them.
  public struct Item: Hashable, Sendable {
    /// The conversation.
    public let address: String
    /// The line.
    public let line: HistoryLine
  }

  /// The lines.
  public let items: [Item]
  /// Where the next page begins, when there may be one: `before` takes it.
  public let next: UInt64?
}

extension ConversationSummary {
  /// Pinned ones first, in the order of pinning; then the latest activity first, what is put away
  /// last.
  func precedes(_ other: ConversationSummary) -> Bool {
    let (left, right) = (arrangement, other.arrangement)
    switch (left.pinnedAt, right.pinnedAt) {
    case (let mine?, let others?) where mine != others: return mine < others
    case (_?, nil): return true
    case (nil, _?): return false
    default: break
    }
    if left.isArchived != right.isArchived { return right.isArchived }
    if lastActivityAt != other.lastActivityAt { return lastActivityAt > other.lastActivityAt }
    return address.utf8.lexicographicallyPrecedes(other.address.utf8)
  }
}
