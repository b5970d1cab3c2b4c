// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A conversation that somebody began who was no contact, and that was not accepted yet. Key:
/// `conversationID`.
package struct ContactRequestRow: Equatable, Sendable {
  /// The conversation.
  package var conversationID: [UInt8]
  /// Who began it, or asked this account into the group.
  package var sender: String
  /// When.
  package var at: Instant
  /// It was deleted: nothing is shown of it until the sender writes again.
  package var isHidden: Bool
  /// Messages that came beyond those that are kept.
  package var dropped: UInt32

  /// Makes the row.
  package init(
    conversationID: [UInt8], sender: String, at: Instant, isHidden: Bool = false,
    dropped: UInt32 = 0
  ) {
    self.conversationID = conversationID
    self.sender = sender
    self.at = at
    self.isHidden = isHidden
    self.dropped = dropped
  }
}

/// Somebody from whom nothing is taken. Key: `address`.
package struct BlockRow: Equatable, Sendable {
  /// Who.
  package var address: String
  /// Since when.
  package var at: Instant

  /// Makes the row.
  package init(address: String, at: Instant) {
    self.address = address
    self.at = at
  }
}
