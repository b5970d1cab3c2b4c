// SPDX-License-Identifier: Apache-2.0

import GRDB
import SansIO
import ServerCore

extension SQLiteTransaction {
  private static let logColumns =
    "id, head, tail, epoch, entries, bytes, last_accepted, idle_until, created_epoch"

  private static func log(_ row: Row) -> LogRow {
    LogRow(
      id: row.id(0), head: row.number(1), tail: row.number(2), epoch: row.number(3),
      entries: row.number(4), bytes: row.number(5), lastAccepted: row.instant(6),
      idleUntil: row.instant(7), createdEpoch: row.number(8))
  }

  func log(_ id: LogID) throws(StoreFailure) -> LogRow? {
    if let row = held?.log(id) { return row }
    let row = try first(
      "SELECT \(Self.logColumns) FROM log WHERE log_id = ?", [id.stored], Self.log)
    if let row { held?.keep(row, of: id) }
    return row
  }

  func log(row: RowID) throws(StoreFailure) -> LogRow? {
    try writeHeldLogs()
    return try first("SELECT \(Self.logColumns) FROM log WHERE id = ?", [row.rawValue], Self.log)
  }

  func epoch(_ epoch: UInt64, of log: RowID) throws(StoreFailure) -> EpochRow? {
    if let row = held?.epoch(epoch, of: log) { return row }
    let row: EpochRow? = try first(
      """
      SELECT token_hash, begin, cut_through, cut_epoch FROM log_epoch
      WHERE log = ? AND epoch = ?
      """,
      [log.rawValue, epoch.stored]
    ) { row in
      let through: Int64? = row[2]
      let cut = through.map { through in
        EpochRow.Cut(through: UInt64(clamping: through), epoch: row.number(3))
      }
      return EpochRow(tokenHash: try row.fixed(0), begin: row.number(1), cut: cut)
    }
    if let row { held?.keep(row, epoch: epoch, of: log) }
    return row
  }

  func submitted(_ id: SubmitID, to log: RowID) throws(StoreFailure) -> AppendReceipt? {
    try first(
      """
      SELECT seq, accepted FROM entry WHERE log = ?1 AND submit_id = ?2
      UNION ALL SELECT seq, accepted FROM seen WHERE log = ?1 AND submit_id = ?2
      """,
      [log.rawValue, id.stored]
    ) { row in
      AppendReceipt(seq: row.number(0), accepted: row.instant(1), isDuplicate: true)
    }
  }

  func entries(
    of log: RowID, after seq: UInt64, through: UInt64, limit: PageLimit
  ) throws(StoreFailure) -> (rows: [EntryRow], hasMore: Bool) {
    var rows: [EntryRow] = []
    var bytes = 0
    var hasMore = false
    try each(
      """
      SELECT seq, kind, epoch, submit_id, accepted, expires, size, body FROM entry
      WHERE log = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
      """,
      [log.rawValue, seq.stored, through.stored, limit.entries + 1]
    ) { row in
      let size = Int(clamping: row.number(6))
      let fits = rows.count < limit.entries && bytes + size <= limit.bytes
      guard fits || rows.isEmpty else {
        hasMore = true
        return false
      }
      guard let kind = EntryKind(rawValue: UInt8(clamping: row.number(1))) else {
        throw StoreFailure.corrupt
      }
      let entry = LogPage.Entry(
        seq: row.number(0), kind: kind, epoch: row.number(2), body: row.bytes(7),
        submitID: try row.fixed(3), accepted: row.instant(4))
      rows.append(EntryRow(log: log, entry: entry, expires: row.instant(5)))
      bytes += size
      return true
    }
    return (rows, hasMore)
  }

  func groupInfo(of log: RowID) throws(StoreFailure) -> (epoch: UInt64, sealed: [UInt8])? {
    try first("SELECT epoch, sealed FROM group_info WHERE log = ?", [log.rawValue]) { row in
      (row.number(0), row.bytes(1))
    }
  }

  func insertLog(
    _ id: LogID, epoch: UInt64, at now: Instant, idleUntil: Instant
  ) throws(StoreFailure) -> RowID {
    try insert(
      """
      INSERT INTO log (log_id, head, tail, epoch, entries, bytes, last_accepted, idle_until,
        created_epoch)
      VALUES (?1, 0, 1, ?2, 0, 0, ?3, ?4, ?2)
      """,
      [id.stored, epoch.stored, now.milliseconds, idleUntil.milliseconds])
  }

  func updateLog(_ log: LogRow) throws(StoreFailure) {
    if held?.update(log) != true { try write(log) }
  }

  /// Writes the logs that the transaction changed; it reads them anew after that.
  func writeHeldLogs() throws(StoreFailure) {
    for log in held?.takeChanges() ?? [] { try write(log) }
  }

  private func write(_ log: LogRow) throws(StoreFailure) {
    try run(
      """
      UPDATE log SET head = ?, tail = ?, epoch = ?, entries = ?, bytes = ?, last_accepted = ?,
        idle_until = ? WHERE id = ?
      """,
      [
        log.head.stored, log.tail.stored, log.epoch.stored, log.entries.stored, log.bytes.stored,
        log.lastAccepted.milliseconds, log.idleUntil.milliseconds, log.id.rawValue,
      ])
  }

  func insertEpoch(
    _ epoch: UInt64, of log: RowID, tokenHash: LogTokenHash, begin: UInt64
  ) throws(StoreFailure) {
    held?.forgetEpochs()
    try run(
      "INSERT INTO log_epoch (log, epoch, token_hash, begin) VALUES (?, ?, ?, ?)",
      [log.rawValue, epoch.stored, tokenHash.stored, begin.stored])
  }

  func endEpoch(_ epoch: UInt64, of log: RowID, at now: Instant) throws(StoreFailure) {
    held?.forgetEpochs()
    try run(
      "UPDATE log_epoch SET ended = ? WHERE log = ? AND epoch = ?",
      [now.milliseconds, log.rawValue, epoch.stored])
  }

  func cutEpochs(
    of log: RowID, upTo epoch: UInt64, at cut: EpochRow.Cut
  ) throws(StoreFailure) {
    held?.forgetEpochs()
    try run(
      """
      UPDATE log_epoch SET cut_through = ?, cut_epoch = ?
      WHERE log = ? AND epoch <= ? AND cut_through IS NULL
      """,
      [cut.through.stored, cut.epoch.stored, log.rawValue, epoch.stored])
  }

  func insertEntry(_ entry: EntryRow) throws(StoreFailure) {
    let content = entry.entry
    try run(
      """
      INSERT INTO entry (log, seq, kind, epoch, submit_id, accepted, expires, size, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        entry.log.rawValue, content.seq.stored, Int64(content.kind.rawValue),
        content.epoch.stored, content.submitID.stored, content.accepted.milliseconds,
        entry.expires.milliseconds, content.body.count, content.body.stored,
      ])
  }

  func setGroupInfo(
    _ sealed: [UInt8], epoch: UInt64, of log: RowID
  ) throws(StoreFailure) {
    try run(
      "INSERT OR REPLACE INTO group_info (log, epoch, sealed) VALUES (?, ?, ?)",
      [log.rawValue, epoch.stored, sealed.stored])
  }
}
