// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What a user has arranged for a conversation. Key: `conversationID`.
package struct ArrangementRow: Equatable, Sendable {
  /// The conversation.
  package var conversationID: [UInt8]
  /// What was begun and not sent; empty when there is none.
  package var draft: String
  /// Until when it is muted; the largest instant for good.
  package var mutedUntil: Instant?
  /// Whether it was put away.
  package var isArchived: Bool
  /// Since when it stands above the others.
  package var pinnedAt: Instant?
  /// Whether it is to be looked at again, though nothing in it is unread.
  package var isMarkedUnread: Bool

  /// Makes the row; nothing is arranged.
  package init(
    conversationID: [UInt8], draft: String = "", mutedUntil: Instant? = nil,
    isArchived: Bool = false, pinnedAt: Instant? = nil, isMarkedUnread: Bool = false
  ) {
    self.conversationID = conversationID
    self.draft = draft
    self.mutedUntil = mutedUntil
    self.isArchived = isArchived
    self.pinnedAt = pinnedAt
    self.isMarkedUnread = isMarkedUnread
  }

  /// Whether it is muted at that time.
  func isMuted(at now: Instant) -> Bool { mutedUntil.map { now < $0 } ?? false }
}

/// A line with a star. Key: `seq`.
package struct StarRow: Equatable, Sendable {
  /// The line.
  package var seq: UInt64
  /// When it got the star.
  package var at: Instant

  /// Makes the row.
  package init(seq: UInt64, at: Instant) {
    self.seq = seq
    self.at = at
  }
}
