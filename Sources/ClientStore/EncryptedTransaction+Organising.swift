// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

extension EncryptedTransaction {
  package func arrangement(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> ArrangementRow? {
    try row("WHERE conversation_id = ?") { $0.bytes(conversationID) }
  }
  package func put(_ row: ArrangementRow) throws(ClientStoreFailure) { try upsert(row) }

  package func star(seq: UInt64) throws(ClientStoreFailure) -> StarRow? {
    try row("WHERE seq = ?") { $0.ordinal(seq) }
  }
  package func stars(before: UInt64?, limit: Int) throws(ClientStoreFailure) -> [StarRow] {
    try rows("WHERE seq < ? ORDER BY seq DESC LIMIT ?") {
      $0.ordinal(before ?? .max)
      $0.limit(limit)
    }
  }
  package func put(_ row: StarRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeStar(seq: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM star WHERE seq = ?", on: "star") { $0.ordinal(seq) }
  }

  package func append(_ row: ScheduledRow) throws(ClientStoreFailure) -> UInt64 {
    try insert(row)
  }
  package func scheduled(id: UInt64) throws(ClientStoreFailure) -> ScheduledRow? {
    try row("WHERE id = ?") { $0.ordinal(id) }
  }
  package func scheduled() throws(ClientStoreFailure) -> [ScheduledRow] {
    try rows("ORDER BY at, id")
  }
  package func update(_ row: ScheduledRow) throws(ClientStoreFailure) { try replace(row) }
  package func removeScheduled(id: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM scheduled WHERE id = ?", on: "scheduled") { $0.ordinal(id) }
  }
}
