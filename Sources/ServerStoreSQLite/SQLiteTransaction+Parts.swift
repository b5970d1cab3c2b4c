// SPDX-License-Identifier: Apache-2.0

import GRDB
import SansIO
import ServerCore

extension SQLiteTransaction {
  private static func part(_ row: Row) throws -> PartRow {
    PartRow(
      log: row.id(0), id: try row.fixed(1), byteCount: row.number(2), isKept: row.number(3) == 1,
      expires: row.instant(4))
  }

  func part(_ id: PartID, of log: RowID) throws(StoreFailure) -> PartRow? {
    try first(
      "SELECT log, part_id, size, kept, expires FROM part WHERE log = ? AND part_id = ?",
      [log.rawValue, id.stored], Self.part)
  }

  func partBody(_ id: PartID, of log: RowID) throws(StoreFailure) -> [UInt8]? {
    try first(
      "SELECT body FROM part WHERE log = ? AND part_id = ?", [log.rawValue, id.stored]
    ) { row in row.bytes(0) }
  }

  func insertPart(_ part: PartRow, _ body: [UInt8]) throws(StoreFailure) {
    try run(
      "INSERT INTO part (log, part_id, kept, expires, size, body) VALUES (?, ?, ?, ?, ?, ?)",
      [
        part.log.rawValue, part.id.stored, part.isKept ? 1 : 0, part.expires.milliseconds,
        part.byteCount.stored, body.stored,
      ])
  }

  func updatePart(_ part: PartRow) throws(StoreFailure) {
    try run(
      "UPDATE part SET kept = ?, expires = ? WHERE log = ? AND part_id = ?",
      [part.isKept ? 1 : 0, part.expires.milliseconds, part.log.rawValue, part.id.stored])
  }

  func releaseParts(of log: RowID) throws(StoreFailure) {
    try run("UPDATE part SET kept = 0 WHERE log = ? AND kept = 1", [log.rawValue])
  }

  func deletePart(_ id: PartID, of log: RowID) throws(StoreFailure) {
    try run("DELETE FROM part WHERE log = ? AND part_id = ?", [log.rawValue, id.stored])
  }

  func lapsedParts(at now: Instant, limit: Int) throws(StoreFailure) -> [PartRow] {
    try all(
      """
      SELECT log, part_id, size, kept, expires FROM part WHERE kept = 0 AND expires <= ?
      ORDER BY expires, log, part_id LIMIT ?
      """,
      [now.milliseconds, limit], Self.part)
  }
}
