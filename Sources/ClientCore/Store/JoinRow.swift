// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// How far this device has read the log of a join link that it keeps. Key: `linkID`.
package struct JoinLinkRow: Equatable, Sendable {
  /// 16 bytes.
  package var linkID: [UInt8]
  /// The group's conversation.
  package var conversationID: [UInt8]
  /// When this device first saw the link. Requests from before are those of others to answer, or
  /// answered: they are not looked at.
  package var since: Instant
  /// The last entry that was dealt with.
  package var cursor: UInt64
  /// When the newest announcement of the key was put into the log; nil: none is known.
  package var announcedAt: Instant?

  /// Makes the row.
  package init(
    linkID: [UInt8], conversationID: [UInt8], since: Instant, cursor: UInt64 = 0,
    announcedAt: Instant? = nil
  ) {
    self.linkID = linkID
    self.conversationID = conversationID
    self.since = since
    self.cursor = cursor
    self.announcedAt = announcedAt
  }
}

/// Somebody asked to come into a group. Key: `conversationID`, `address`.
package struct KnockRow: Equatable, Sendable {
  /// What became of it.
  package enum State: String, CaseIterable, Sendable {
    /// The identity is being looked up.
    case unchecked
    /// Somebody has to say yes or no.
    case asks
    /// This device adds the account, or saw that it was added.
    case admitted
    /// Somebody said no, or the identity is not what it should be.
    case refused
  }

  /// The group's conversation.
  package var conversationID: [UInt8]
  /// Who.
  package var address: String
  /// By which link.
  package var linkID: [UInt8]
  /// When, by the asker's clock: a request that is no newer is an old one again.
  package var at: Instant
  /// The asking device's encoded certificate.
  package var certificate: [UInt8]
  /// See `State`.
  package var state: State
  /// When this device saw it.
  package var seenAt: Instant

  /// Makes the row.
  package init(
    conversationID: [UInt8], address: String, linkID: [UInt8], at: Instant, certificate: [UInt8],
    state: State, seenAt: Instant
  ) {
    self.conversationID = conversationID
    self.address = address
    self.linkID = linkID
    self.at = at
    self.certificate = certificate
    self.state = state
    self.seenAt = seenAt
  }
}

/// This account asks to come into a group. Key: `reference`.
package struct OwnKnockRow: Equatable, Sendable {
  /// The group.
  package var reference: String
  /// The link, a secret.
  package var link: Secret
  /// When it was given.
  package var createdAt: Instant
  /// When the request was last in the log; nil: not yet.
  package var askedAt: Instant?

  /// Makes the row.
  package init(reference: String, link: Secret, createdAt: Instant, askedAt: Instant? = nil) {
    self.reference = reference
    self.link = link
    self.createdAt = createdAt
    self.askedAt = askedAt
  }

  /// Equal in all parts, the link's in constant time.
  package static func == (left: OwnKnockRow, right: OwnKnockRow) -> Bool {
    left.reference == right.reference && left.link.constantTimeEquals(right.link)
      && left.createdAt == right.createdAt && left.askedAt == right.askedAt
  }
}
