// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// One line of a conversation. Key: `seq`; (`conversationID`, `messageID`) is unique when
/// `messageID` is not empty.
package struct MessageRow: Equatable, Sendable {
  /// Chosen by the store when the row is appended, from 1 upwards over all conversations.
  package var seq: UInt64
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The MIMI message identifier; empty for lines that are not messages.
  package var messageID: [UInt8]
  /// The sender's address.
  package var sender: String
  /// Whether this account sent it.
  package var own: Bool
  /// See `MessageKind`.
  package var kind: MessageKind
  /// See `MessageState`.
  package var state: MessageState
  /// The failure code's raw value; empty unless the state is `failed`.
  package var failure: String
  /// The MIMI content; empty for lines that are not messages.
  package var content: [UInt8]
  /// The text, or what is shown instead of one.
  package var text: String
  /// Own: when it was queued. Others': when the server accepted it.
  package var at: Instant
  /// The group that it came by; empty until it is known.
  package var groupID: [UInt8]
  /// Its place in that group's log; 0 until it is known.
  package var logSeq: UInt64
  /// The MIMI message identifier of what it answers; empty when it answers nothing.
  package var inReplyTo: [UInt8]
  /// When its sender changed it last.
  package var editedAt: Instant?

  /// Makes the row; `seq` is 0 until the store has appended it.
  package init(
    seq: UInt64 = 0, conversationID: [UInt8], messageID: [UInt8], sender: String, own: Bool,
    kind: MessageKind, state: MessageState, failure: String, content: [UInt8], text: String,
    at: Instant, groupID: [UInt8], logSeq: UInt64, inReplyTo: [UInt8] = [],
    editedAt: Instant? = nil
  ) {
    self.seq = seq
    self.conversationID = conversationID
    self.messageID = messageID
    self.sender = sender
    self.own = own
    self.kind = kind
    self.state = state
    self.failure = failure
    self.content = content
    self.text = text
    self.at = at
    self.groupID = groupID
    self.logSeq = logSeq
    self.inReplyTo = inReplyTo
    self.editedAt = editedAt
  }
}

/// Something of this device's own on its way into a log. Key: `id`; `submitID` is unique.
package struct OutboxRow: Equatable, Sendable {
  /// What it carries.
  package enum Kind: String, CaseIterable, Sendable {
    /// A message with a row in `MessageRow`.
    case message
    /// A change of an earlier message, or a remark upon it, with a row in `AnnotationRow`.
    case annotation
    /// A status report: receipts.
    case report
    /// The proposal by which this device leaves a group.
    case leave
    /// What this device tells the others of its account.
    case note
  }

  /// How far it has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// Not encrypted yet.
    case queued
    /// Encrypted for `epoch` of `groupID`; `body` is sent until the server answers.
    case protected
    /// The server has it as `logSeq`; the row stays until that entry is read back, so that it is
    /// known as an own one.
    case stored
  }

  /// Chosen by the store when the row is appended, from 1 upwards.
  package var id: UInt64
  /// Its conversation.
  package var conversationID: [UInt8]
  /// See `Kind`.
  package var kind: Kind
  /// The MIMI message identifier; empty for a report.
  package var messageID: [UInt8]
  /// The MIMI content.
  package var content: [UInt8]
  /// 16 random bytes; the same over all attempts in one group.
  package var submitID: [UInt8]
  /// See `Phase`.
  package var phase: Phase
  /// The group that it is encrypted for; empty while it is queued.
  package var groupID: [UInt8]
  /// The epoch that it is encrypted for.
  package var epoch: UInt64
  /// MLSMessage(PrivateMessage); empty while it is queued.
  package var body: [UInt8]
  /// Its place in the log; 0 until it is stored.
  package var logSeq: UInt64
  /// When it was queued.
  package var createdAt: Instant

  /// Makes the row; `id` is 0 until the store has appended it.
  package init(
    id: UInt64 = 0, conversationID: [UInt8], kind: Kind, messageID: [UInt8], content: [UInt8],
    submitID: [UInt8], phase: Phase, groupID: [UInt8], epoch: UInt64, body: [UInt8],
    logSeq: UInt64, createdAt: Instant
  ) {
    self.id = id
    self.conversationID = conversationID
    self.kind = kind
    self.messageID = messageID
    self.content = content
    self.submitID = submitID
    self.phase = phase
    self.groupID = groupID
    self.epoch = epoch
    self.body = body
    self.logSeq = logSeq
    self.createdAt = createdAt
  }
}

/// A receipt that was not reported yet. Key: `conversationID`, `messageID`.
package struct ReceiptRow: Equatable, Sendable {
  /// Its conversation.
  package var conversationID: [UInt8]
  /// The peer's message.
  package var messageID: [UInt8]
  /// `delivered` or `read`.
  package var state: MessageState
  /// When it became so.
  package var at: Instant

  /// Makes the row.
  package init(conversationID: [UInt8], messageID: [UInt8], state: MessageState, at: Instant) {
    self.conversationID = conversationID
    self.messageID = messageID
    self.state = state
    self.at = at
  }
}
