// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Files on their way, column by column.

extension UploadRow: StoredRow {
  static let sql = RowSQL(
    "upload", key: ["blob_id"],
    columns: [
      "blob_id", "conversation_id", "message_id", "content", "token", "size", "phase",
      "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      blobID: try reader.bytes(), conversationID: try reader.bytes(),
      messageID: try reader.bytes(), content: try reader.bytes(), token: try reader.secret(),
      size: try reader.number(), phase: try reader.word(), createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(blobID)
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.bytes(content)
    writer.secret(token)
    writer.number(size)
    writer.word(phase)
    writer.instant(createdAt)
  }
}
