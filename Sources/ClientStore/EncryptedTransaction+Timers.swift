// SPDX-License-Identifier: Apache-2.0

package import ClientCore
package import SansIO

extension EncryptedTransaction {
  package func timer(seq: UInt64) throws(ClientStoreFailure) -> TimerRow? {
    try row("WHERE seq = ?") { $0.ordinal(seq) }
  }
  package func timers(
    dueAt now: Instant, limit: Int
  ) throws(ClientStoreFailure) -> [TimerRow] {
    try rows("WHERE is_kept = 0 AND deadline <= ? ORDER BY deadline, seq LIMIT ?") {
      $0.instant(now)
      $0.limit(limit)
    }
  }
  package func timers(
    anchoredAfter now: Instant, limit: Int
  ) throws(ClientStoreFailure) -> [TimerRow] {
    try rows("WHERE anchor > ? ORDER BY anchor, seq LIMIT ?") {
      $0.instant(now)
      $0.limit(limit)
    }
  }
  package func earliestDeadline() throws(ClientStoreFailure) -> Instant? {
    let sql = "SELECT min(deadline) FROM timer WHERE is_kept = 0"
    return try integer(sql, on: "timer").map(Instant.init(milliseconds:))
  }
  package func put(_ row: TimerRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeTimer(seq: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM timer WHERE seq = ?", on: "timer") { $0.ordinal(seq) }
  }
  package mutating func noteDestruction() { hasDestroyed = true }
}
