// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// History from elsewhere, column by column.

extension HistoryRow: StoredRow {
  static let sql = RowSQL(
    "history", key: ["log_id"],
    columns: [
      "log_id", "role", "device_id", "secret", "phase", "failure", "since", "remaining", "below",
      "below_next", "number", "messages", "missing", "cursor", "created_at", "conversation_id",
      "peer",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      logID: try reader.bytes(), role: try reader.word(), deviceID: try reader.small(),
      secret: try reader.secret(), phase: try reader.word(), failure: try reader.text(),
      since: try reader.optionalInstant(), remaining: try reader.number(),
      below: try reader.number(), belowNext: try reader.number(), number: try reader.small(),
      messages: try reader.number(), missing: try reader.number(), cursor: try reader.number(),
      createdAt: try reader.instant(), conversationID: try reader.bytes(),
      peer: try reader.text())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(logID)
    writer.word(role)
    writer.small(deviceID)
    writer.secret(secret)
    writer.word(phase)
    writer.text(failure)
    writer.instant(since)
    writer.number(remaining)
    writer.number(below)
    writer.number(belowNext)
    writer.small(number)
    writer.number(messages)
    writer.number(missing)
    writer.number(cursor)
    writer.instant(createdAt)
    writer.bytes(conversationID)
    writer.text(peer)
  }
}

extension OriginRow: StoredRow {
  static let sql = RowSQL("origin", key: ["seq"], columns: ["seq", "origin", "giver"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      seq: try reader.ordinal(), origin: try reader.word(), giver: try reader.text())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.word(origin)
    writer.text(giver)
  }
}
