// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What the members of a conversation agreed on last, as this device knows it. Key:
/// `conversationID`.
package struct RoomRow: Equatable, Sendable {
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The encoded `RoomState`.
  package var state: [UInt8]

  /// Makes the row.
  package init(conversationID: [UInt8], state: [UInt8]) {
    self.conversationID = conversationID
    self.state = state
  }
}

/// How far an own message of a group has come to one member. Key: `conversationID`, `messageID`,
/// `member`.
package struct RoomReceiptRow: Equatable, Sendable {
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The own message.
  package var messageID: [UInt8]
  /// The member's address.
  package var member: String
  /// `delivered` or `read`.
  package var state: MessageState
  /// When this device heard of it.
  package var at: Instant

  /// Makes the row.
  package init(
    conversationID: [UInt8], messageID: [UInt8], member: String, state: MessageState, at: Instant
  ) {
    self.conversationID = conversationID
    self.messageID = messageID
    self.member = member
    self.state = state
    self.at = at
  }
}

/// A change of a group that is wanted here and that no commit has done yet. Key: `id`.
package struct RoomChangeRow: Equatable, Sendable {
  /// Chosen by the store when the row is appended, from 1 upwards.
  package var id: UInt64
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The encoded `RoomChange`.
  package var change: [UInt8]
  /// The key packages of those who are to come in, once the directory has given them: a lost race
  /// must not use up others. Empty before that.
  package var invitees: [UInt8]
  /// When it was asked for.
  package var createdAt: Instant

  /// Makes the row; `id` is 0 until the store has appended it.
  package init(
    id: UInt64 = 0, conversationID: [UInt8], change: [UInt8], invitees: [UInt8] = [],
    createdAt: Instant
  ) {
    self.id = id
    self.conversationID = conversationID
    self.change = change
    self.invitees = invitees
    self.createdAt = createdAt
  }
}
