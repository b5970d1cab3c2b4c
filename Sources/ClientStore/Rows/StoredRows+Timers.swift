// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension TimerRow: StoredRow {
  static let sql = RowSQL(
    "timer", key: ["seq"],
    columns: ["seq", "timer", "anchor", "deadline", "event_seq", "is_kept"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    let seq = try reader.ordinal()
    guard let timer = try? MessageTimer(decoding: try reader.bytes()) else {
      throw .corrupt("timer")
    }
    self.init(
      seq: seq, timer: timer, anchor: try reader.instant(),
      deadline: try reader.optionalInstant(), eventSeq: try reader.ordinal(),
      isKept: try reader.flag())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.bytes(timer.encoded)
    writer.instant(anchor)
    writer.instant(deadline)
    writer.ordinal(eventSeq)
    writer.flag(isKept)
  }
}
