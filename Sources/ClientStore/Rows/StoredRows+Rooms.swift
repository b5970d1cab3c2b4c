// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// What groups agree on, column by column.

extension RoomRow: StoredRow {
  static let sql = RowSQL(
    "room", key: ["conversation_id"], columns: ["conversation_id", "state"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(conversationID: try reader.bytes(), state: try reader.bytes())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.bytes(state)
  }
}

extension RoomReceiptRow: StoredRow {
  static let sql = RowSQL(
    "room_receipt", key: ["conversation_id", "message_id", "member"],
    columns: ["conversation_id", "message_id", "member", "state", "at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      conversationID: try reader.bytes(), messageID: try reader.bytes(),
      member: try reader.text(), state: try reader.word(), at: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.text(member)
    writer.word(state)
    writer.instant(at)
  }
}

extension RoomChangeRow: StoredRow {
  static let sql = RowSQL(
    "room_change", key: ["id"],
    columns: ["id", "conversation_id", "change", "invitees", "created_at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      id: try reader.ordinal(), conversationID: try reader.bytes(), change: try reader.bytes(),
      invitees: try reader.bytes(), createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(id)
    writer.bytes(conversationID)
    writer.bytes(change)
    writer.bytes(invitees)
    writer.instant(createdAt)
  }
}
