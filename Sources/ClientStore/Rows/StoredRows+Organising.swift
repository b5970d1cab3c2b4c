// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// What the user has arranged, column by column.

extension ArrangementRow: StoredRow {
  static let sql = RowSQL(
    "arrangement", key: ["conversation_id"],
    columns: [
      "conversation_id", "draft", "muted_until", "archived", "pinned_at", "marked_unread",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      conversationID: try reader.bytes(), draft: try reader.text(),
      mutedUntil: try reader.optionalInstant(), isArchived: try reader.flag(),
      pinnedAt: try reader.optionalInstant(), isMarkedUnread: try reader.flag())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.text(draft)
    writer.instant(mutedUntil)
    writer.flag(isArchived)
    writer.instant(pinnedAt)
    writer.flag(isMarkedUnread)
  }
}

extension StarRow: StoredRow {
  static let sql = RowSQL("star", key: ["seq"], columns: ["seq", "at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(seq: try reader.ordinal(), at: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.instant(at)
  }
}

extension ScheduledRow: StoredRow {
  static let sql = RowSQL(
    "scheduled", key: ["id"], columns: ["id", "address", "text", "at", "created_at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      id: try reader.ordinal(), address: try reader.text(), text: try reader.text(),
      at: try reader.instant(), createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(id)
    writer.text(address)
    writer.text(text)
    writer.instant(at)
    writer.instant(createdAt)
  }
}
