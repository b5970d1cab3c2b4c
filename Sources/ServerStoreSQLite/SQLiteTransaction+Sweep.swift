// SPDX-License-Identifier: Apache-2.0

import GRDB
import SansIO
import ServerCore

extension SQLiteTransaction {
  func lapsedEntries(at now: Instant, limit: Int) throws(StoreFailure) -> [LapsedEntry] {
    try all(
      """
      SELECT log, seq, size, submit_id, accepted, expires FROM entry WHERE expires <= ?
      ORDER BY expires, id LIMIT ?
      """,
      [now.milliseconds, limit]
    ) { row in
      LapsedEntry(
        log: row.id(0), seq: row.number(1), byteCount: row.number(2), submitID: try row.fixed(3),
        accepted: row.instant(4), expires: row.instant(5))
    }
  }

  func deleteEntry(_ seq: UInt64, of log: RowID) throws(StoreFailure) {
    try run("DELETE FROM entry WHERE log = ? AND seq = ?", [log.rawValue, seq.stored])
  }

  func rememberSeen(_ entry: LapsedEntry, until: Instant) throws(StoreFailure) {
    try run(
      "INSERT INTO seen (log, submit_id, seq, accepted, until) VALUES (?, ?, ?, ?, ?)",
      [
        entry.log.rawValue, entry.submitID.stored, entry.seq.stored, entry.accepted.milliseconds,
        until.milliseconds,
      ])
  }

  func forgetSeen(at now: Instant, limit: Int) throws(StoreFailure) -> Int {
    try delete(
      """
      DELETE FROM seen WHERE (log, submit_id) IN (
        SELECT log, submit_id FROM seen WHERE until <= ? ORDER BY until, log, submit_id LIMIT ?)
      """,
      [now.milliseconds, limit])
  }

  func deleteEpochs(endedBy time: Instant, limit: Int) throws(StoreFailure) -> Int {
    held?.forgetEpochs()
    return try delete(
      """
      DELETE FROM log_epoch WHERE (log, epoch) IN (
        SELECT log, epoch FROM log_epoch WHERE ended IS NOT NULL AND ended <= ?
        ORDER BY ended, log, epoch LIMIT ?)
      """,
      [time.milliseconds, limit])
  }

  func deadLogs(at now: Instant, limit: Int) throws(StoreFailure) -> [RowID] {
    try writeHeldLogs()
    return try all(
      """
      SELECT id FROM log WHERE idle_until <= ? AND entries = 0 ORDER BY idle_until, id LIMIT ?
      """,
      [now.milliseconds, limit]
    ) { row in row.id(0) }
  }

  func deleteLog(_ log: RowID, limit: Int) throws(StoreFailure) -> Int {
    try writeHeldLogs()
    var left = limit
    left -= try delete(
      """
      DELETE FROM seen WHERE log = ?1 AND submit_id IN (
        SELECT submit_id FROM seen WHERE log = ?1 ORDER BY submit_id LIMIT ?2)
      """,
      [log.rawValue, left])
    left -= try delete(
      """
      DELETE FROM log_epoch WHERE log = ?1 AND epoch IN (
        SELECT epoch FROM log_epoch WHERE log = ?1 ORDER BY epoch LIMIT ?2)
      """,
      [log.rawValue, left])
    left -= try delete(
      """
      DELETE FROM part WHERE log = ?1 AND part_id IN (
        SELECT part_id FROM part WHERE log = ?1 ORDER BY part_id LIMIT ?2)
      """,
      [log.rawValue, left])
    if left > 0 {
      left -= try delete("DELETE FROM group_info WHERE log = ?", [log.rawValue])
    }
    if left > 0 { left -= try delete("DELETE FROM log WHERE id = ?", [log.rawValue]) }
    return limit - left
  }
}
