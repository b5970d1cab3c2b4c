// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Groups, their epochs and unconfirmed commits, column by column.

extension GroupRow: StoredRow {
  static let sql = RowSQL(
    "mls_group", key: ["group_id"],
    columns: [
      "group_id", "conversation_id", "routing_id", "phase", "generation", "epoch", "joined_epoch",
      "cursor", "last_path_at", "messages_since_path", "answering", "commit_attempts",
      "commit_retry_at", "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      groupID: try reader.bytes(), conversationID: try reader.bytes(),
      routingID: try reader.bytes(), phase: try reader.word(), generation: try reader.small(),
      epoch: try reader.number(), joinedEpoch: try reader.number(),
      cursor: try reader.optionalNumber(), lastPathAt: try reader.optionalInstant(),
      messagesSincePath: try reader.small(), answering: try reader.flag(),
      commitAttempts: try reader.small(), commitRetryAt: try reader.optionalInstant(),
      createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(groupID)
    writer.bytes(conversationID)
    writer.bytes(routingID)
    writer.word(phase)
    writer.small(generation)
    writer.number(epoch)
    writer.number(joinedEpoch)
    writer.number(cursor)
    writer.instant(lastPathAt)
    writer.small(messagesSincePath)
    writer.flag(answering)
    writer.small(commitAttempts)
    writer.instant(commitRetryAt)
    writer.instant(createdAt)
  }
}

extension PendingCommitRow: StoredRow {
  static let sql = RowSQL(
    "pending_commit", key: ["group_id"],
    columns: [
      "group_id", "epoch", "submit_id", "reason", "request", "state", "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      groupID: try reader.bytes(), epoch: try reader.number(), submitID: try reader.bytes(),
      reason: try reader.word(), request: try reader.bytes(), state: try reader.secret(),
      createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(groupID)
    writer.number(epoch)
    writer.bytes(submitID)
    writer.word(reason)
    writer.bytes(request)
    writer.secret(state)
    writer.instant(createdAt)
  }
}

/// An epoch as its two tables give it back.
struct StoredEpoch: StoredRow {
  let row: EpochRow

  static let sql = RowSQL(
    "epoch", key: ["group_id", "epoch"],
    columns: ["group_id", "epoch", "state", "ratchets", "retired_at"])
  /// Writes the part that changes with the epoch alone.
  static let upsert = RowSQL(
    "epoch", key: ["group_id", "epoch"], columns: ["group_id", "epoch", "state", "retired_at"]
  ).upsert
  /// Writes the part that changes with every message.
  static let upsertRatchets = RowSQL(
    "ratchets", key: ["group_id", "epoch"], columns: ["group_id", "epoch", "ratchets"]
  ).upsert

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    row = EpochRow(
      groupID: try reader.bytes(), epoch: try reader.number(), state: try reader.secret(),
      ratchets: try reader.secret(), retiredAt: try reader.optionalInstant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(row.groupID)
    writer.number(row.epoch)
    writer.secret(row.state)
    writer.secret(row.ratchets)
    writer.instant(row.retiredAt)
  }
}
