// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Something that was said about a message, or a version that it had. Key: `seq`.
package struct AnnotationRow: Equatable, Sendable {
  /// What it is.
  package enum Kind: String, CaseIterable, Sendable {
    /// `text` is the reaction.
    case reaction
    /// `text` is what the message said before, `at` since when; `messageID` is the edit's.
    case edit
    /// An own message that takes something back, on its way; `target` is what it takes back.
    case retraction
    /// `text` has the numbers of the choices, from 0, with commas between them; `at` is when the
    /// server accepted it.
    case vote
    /// The end of a poll; `at` as for a vote.
    case pollEnd = "poll-end"
    /// Whether a message is pinned: `text` is empty for no, else until when in milliseconds, 0 for
    /// no end; `at` as for a vote.
    case pin
    /// What somebody says about keeping a message that disappears: `text` is the content in
    /// hexadecimal; `at` as for a vote.
    case keep
  }

  /// Chosen by the store when the row is appended, from 1 upwards over all conversations.
  package var seq: UInt64
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The MIMI message identifier of the message that said so. Reactions of one message share it.
  package var messageID: [UInt8]
  /// The MIMI message identifier of what it is about.
  package var target: [UInt8]
  /// The sender's address.
  package var sender: String
  /// Whether this account sent it.
  package var own: Bool
  /// See `Kind`.
  package var kind: Kind
  /// How far an own one has come; `seen` for others'.
  package var state: MessageState
  /// The failure code's raw value; empty unless the state is `failed`.
  package var failure: String
  /// See `Kind`; empty for a retraction.
  package var text: String
  /// When it was said; see `Kind` for edits.
  package var at: Instant

  /// Makes the row; `seq` is 0 until the store has appended it.
  package init(
    seq: UInt64 = 0, conversationID: [UInt8], messageID: [UInt8], target: [UInt8], sender: String,
    own: Bool, kind: Kind, state: MessageState, failure: String = "", text: String, at: Instant
  ) {
    self.seq = seq
    self.conversationID = conversationID
    self.messageID = messageID
    self.target = target
    self.sender = sender
    self.own = own
    self.kind = kind
    self.state = state
    self.failure = failure
    self.text = text
    self.at = at
  }
}
