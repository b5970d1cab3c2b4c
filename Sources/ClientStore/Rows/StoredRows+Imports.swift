// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Imported lines, column by column.

extension ImportedRow: StoredRow {
  static let sql = RowSQL(
    "imported", key: ["seq"],
    columns: ["seq", "conversation_id", "place", "at", "forwarded", "files"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      seq: try reader.ordinal(), conversationID: try reader.bytes(), place: try reader.ordinal(),
      at: try reader.instant(), isForwarded: try reader.flag(), files: try reader.bytes())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.bytes(conversationID)
    writer.ordinal(place)
    writer.instant(at)
    writer.flag(isForwarded)
    writer.bytes(files)
  }
}
