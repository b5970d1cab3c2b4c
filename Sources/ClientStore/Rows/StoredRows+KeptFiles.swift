// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Files that stay, column by column.

extension KeptFileRow: StoredRow {
  static let sql = RowSQL(
    "kept_file", key: ["blob_id", "conversation_id", "message_id"],
    columns: ["blob_id", "conversation_id", "message_id", "size", "phase", "created_at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      blobID: try reader.bytes(), conversationID: try reader.bytes(),
      messageID: try reader.bytes(), size: try reader.small(), phase: try reader.word(),
      createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(blobID)
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.small(size)
    writer.word(phase)
    writer.instant(createdAt)
  }
}
