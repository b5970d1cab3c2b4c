// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Rows with every field set to something of its own.
enum Sample {
  static func id(_ byte: UInt8, count: Int = 32) -> [UInt8] {
    Array(repeating: byte, count: count)
  }

  static func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

  static func account() -> AccountRow {
    AccountRow(
      address: "alice@messenger.example", accountID: id(1, count: 16), deviceID: 7,
      phase: .registering, invite: "sotto://host:1/x", secrets: Secret([1, 2, 3]),
      manifest: [4, 5], inboxCursor: 9, createdAt: at(1_000))
  }

  static func keyPackage(_ byte: UInt8, at time: Int64) -> KeyPackageRow {
    KeyPackageRow(
      reference: id(byte), bundle: Secret([byte, 9]), lastResort: byte.isMultiple(of: 2),
      createdAt: at(time), expiresAt: at(time + 5))
  }

  static func peer(_ address: String) -> PeerRow {
    PeerRow(
      address: address, accountID: id(2, count: 16), identityKey: id(3), manifest: [7],
      manifestVersion: 4, standing: .identityChanged, offeredIdentityKey: id(4),
      manifestWanted: true, firstSeenAt: at(5), verifiedAt: at(6))
  }

  static func conversation(_ byte: UInt8, _ address: String, at time: Int64) -> ConversationRow {
    ConversationRow(
      id: id(byte, count: 16), address: address, phase: .starting, generation: 2, restarts: 1,
      restartsSince: at(3), createdAt: at(time), lastActivityAt: at(8))
  }

  static func group(_ byte: UInt8, conversation: UInt8) -> GroupRow {
    GroupRow(
      groupID: id(byte), conversationID: id(conversation, count: 16), routingID: id(byte &+ 1),
      phase: .inviting, generation: 3, epoch: 4, joinedEpoch: 1, cursor: 12,
      lastPathAt: at(13), messagesSincePath: 14, answering: true, commitAttempts: 2,
      commitRetryAt: at(15), createdAt: at(16))
  }

  static func epoch(_ group: UInt8, _ epoch: UInt64) -> EpochRow {
    EpochRow(
      groupID: id(group), epoch: epoch, state: Secret([1, UInt8(epoch)]),
      ratchets: Secret([2, UInt8(epoch)]), retiredAt: epoch == 2 ? at(3) : nil)
  }

  static func message(
    _ byte: UInt8, conversation: UInt8, state: MessageState = .received
  ) -> MessageRow {
    MessageRow(
      conversationID: id(conversation, count: 16), messageID: id(byte), sender: "bob@x.example",
      own: false, kind: .text, state: state, failure: "", content: [byte], text: "text \(byte)",
      at: at(Int64(byte)), groupID: id(5), logSeq: UInt64(byte))
  }

  static func annotation(
    _ byte: UInt8, target: UInt8, conversation: UInt8
  ) -> AnnotationRow {
    AnnotationRow(
      conversationID: id(conversation, count: 16), messageID: id(byte), target: id(target),
      sender: "bob@x.example", own: true, kind: .reaction, state: .queued, text: "x\(byte)",
      at: at(Int64(byte)))
  }

  static func outbox(
    _ byte: UInt8, conversation: UInt8, phase: OutboxRow.Phase = .queued
  ) -> OutboxRow {
    OutboxRow(
      conversationID: id(conversation, count: 16), kind: .message, messageID: id(byte),
      content: [byte, 1], submitID: id(byte, count: 16), phase: phase, groupID: id(9),
      epoch: 3, body: [byte, 2], logSeq: UInt64(byte), createdAt: at(Int64(byte)))
  }
}
