// SPDX-License-Identifier: Apache-2.0

import GRDB
import SansIO
import ServerCore

extension SQLiteTransaction {
  func inboxPage(
    of device: RowID, after seq: UInt64, limit: PageLimit
  ) throws(StoreFailure) -> InboxPage {
    var entries: [InboxPage.Entry] = []
    var bytes = 0
    var hasMore = false
    try each(
      """
      SELECT e.seq, e.accepted, e.size, b.body FROM inbox_entry AS e
      JOIN inbox_body AS b ON b.id = e.body
      WHERE e.device = ? AND e.seq > ? ORDER BY e.seq LIMIT ?
      """,
      [device.rawValue, seq.stored, limit.entries + 1]
    ) { row in
      let size = Int(clamping: row.number(2))
      let fits = entries.count < limit.entries && bytes + size <= limit.bytes
      guard fits || entries.isEmpty else {
        hasMore = true
        return false
      }
      entries.append(
        InboxPage.Entry(seq: row.number(0), body: row.bytes(3), accepted: row.instant(1)))
      bytes += size
      return true
    }
    return InboxPage(entries: entries, hasMore: hasMore)
  }

  func insertInboxBody(_ body: [UInt8]) throws(StoreFailure) -> RowID {
    try insert("INSERT INTO inbox_body (body) VALUES (?)", [body.stored])
  }

  func insertInboxEntry(_ entry: InboxRow) throws(StoreFailure) {
    try run(
      """
      INSERT INTO inbox_entry (device, seq, body, size, accepted, expires)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        entry.device.rawValue, entry.seq.stored, entry.body.rawValue, entry.byteCount.stored,
        entry.accepted.milliseconds, entry.expires.milliseconds,
      ])
  }

  func deleteInboxEntries(
    of device: RowID, through seq: UInt64
  ) throws(StoreFailure) -> InboxDeletion {
    let gone = try all(
      "SELECT body, size FROM inbox_entry WHERE device = ? AND seq <= ? ORDER BY seq",
      [device.rawValue, seq.stored]
    ) { row in (body: row.id(0), size: row.number(1)) }
    guard !gone.isEmpty else { return InboxDeletion(entries: 0, bytes: 0) }
    try run(
      "DELETE FROM inbox_entry WHERE device = ? AND seq <= ?", [device.rawValue, seq.stored])
    for entry in gone { try release(entry.body) }
    return InboxDeletion(
      entries: UInt64(gone.count), bytes: gone.reduce(0) { $0 + $1.size })
  }

  func lapsedInboxEntries(at now: Instant, limit: Int) throws(StoreFailure) -> [InboxRow] {
    try all(
      """
      SELECT device, seq, body, size, accepted, expires FROM inbox_entry WHERE expires <= ?
      ORDER BY expires, device, seq LIMIT ?
      """,
      [now.milliseconds, limit]
    ) { row in
      InboxRow(
        device: row.id(0), seq: row.number(1), body: row.id(2), byteCount: row.number(3),
        accepted: row.instant(4), expires: row.instant(5))
    }
  }

  func deleteInboxEntry(_ entry: InboxRow) throws(StoreFailure) {
    try run(
      "DELETE FROM inbox_entry WHERE device = ? AND seq = ?",
      [entry.device.rawValue, entry.seq.stored])
    try release(entry.body)
  }

  /// Deletes a body that no inbox needs any more.
  private func release(_ body: RowID) throws(StoreFailure) {
    try run(
      """
      DELETE FROM inbox_body WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM inbox_entry WHERE body = ?1)
      """,
      [body.rawValue])
  }
}
