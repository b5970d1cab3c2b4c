// SPDX-License-Identifier: Apache-2.0

import GRDB
import SansIO
import ServerCore

extension SQLiteTransaction {
  func blob(_ id: BlobID) throws(StoreFailure) -> BlobRow? {
    try first(
      """
      SELECT blob_id, size, token_hash, received, complete, expires FROM blob WHERE blob_id = ?
      """,
      [id.stored]
    ) { row in
      BlobRow(
        id: try row.fixed(0), size: row.number(1), tokenHash: try row.fixed(2),
        offset: row.number(3), isComplete: row.number(4) == 1, expires: row.instant(5))
    }
  }

  func blobUse(of account: RowID) throws(StoreFailure) -> (count: Int, bytes: UInt64) {
    try first(
      "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM blob WHERE account = ?", [account.rawValue]
    ) { row in (count: Int(clamping: row.number(0)), bytes: row.number(1)) } ?? (0, 0)
  }

  func lapsedBlobs(at now: Instant, limit: Int) throws(StoreFailure) -> [BlobID] {
    try all(
      "SELECT blob_id FROM blob WHERE expires <= ? ORDER BY expires, blob_id LIMIT ?",
      [now.milliseconds, limit]
    ) { row in try row.fixed(0) }
  }

  func insertBlob(_ blob: BlobRow, of account: RowID) throws(StoreFailure) {
    try run(
      """
      INSERT INTO blob (blob_id, account, size, token_hash, received, complete, expires)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        blob.id.stored, account.rawValue, blob.size.stored, blob.tokenHash.stored,
        blob.offset.stored, blob.isComplete ? 1 : 0, blob.expires.milliseconds,
      ])
  }

  func updateBlob(_ blob: BlobRow) throws(StoreFailure) {
    try run(
      "UPDATE blob SET received = ?, complete = ? WHERE blob_id = ?",
      [blob.offset.stored, blob.isComplete ? 1 : 0, blob.id.stored])
  }

  func deleteBlob(_ id: BlobID) throws(StoreFailure) {
    try run("DELETE FROM blob WHERE blob_id = ?", [id.stored])
  }
}
