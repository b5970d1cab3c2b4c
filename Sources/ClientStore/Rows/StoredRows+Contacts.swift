// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Who may reach this account, column by column.

extension ContactRequestRow: StoredRow {
  static let sql = RowSQL(
    "contact_request", key: ["conversation_id"],
    columns: ["conversation_id", "sender", "at", "is_hidden", "dropped"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      conversationID: try reader.bytes(), sender: try reader.text(), at: try reader.instant(),
      isHidden: try reader.flag(), dropped: try reader.small())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.text(sender)
    writer.instant(at)
    writer.flag(isHidden)
    writer.small(dropped)
  }
}

extension BlockRow: StoredRow {
  static let sql = RowSQL("block", key: ["address"], columns: ["address", "at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(address: try reader.text(), at: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.text(address)
    writer.instant(at)
  }
}
