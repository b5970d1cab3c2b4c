// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// What own devices share, column by column.

extension OwnRecordRow: StoredRow {
  static let sql = RowSQL(
    "own_record", key: ["key"], columns: ["key", "value", "place", "is_changed", "local"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    let (key, value) = (try reader.bytes(), try reader.bytes())
    guard let place = try? OwnPlace(decoding: try reader.bytes()) else {
      throw .corrupt("own_record")
    }
    let isChanged = try reader.flag()
    let local = try reader.bytes()
    self.init(key: key, value: value, place: place, local: isChanged ? local : nil)
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(key)
    writer.bytes(value)
    writer.bytes(place.encoded)
    writer.flag(local != nil)
    writer.bytes(local ?? [])
  }
}
