// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
import SansIO

extension EncryptedTransaction {
  package func historyRows() throws(ClientStoreFailure) -> [HistoryRow] {
    try rows("ORDER BY created_at, log_id")
  }
  package func put(_ row: HistoryRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeHistoryRow(logID: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM history WHERE log_id = ?", on: "history") { $0.bytes(logID) }
  }

  package func origin(seq: UInt64) throws(ClientStoreFailure) -> OriginRow? {
    try row("WHERE seq = ?") { $0.ordinal(seq) }
  }
  package func put(_ row: OriginRow) throws(ClientStoreFailure) { try upsert(row) }

  package func messages(
    before: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    try rows("WHERE seq < ? ORDER BY seq DESC LIMIT ?") {
      $0.ordinal(before ?? .max)
      $0.limit(limit)
    }
  }
  package func lowestLine(conversationID: [UInt8]?) throws(ClientStoreFailure) -> UInt64? {
    let found: Int64?
    if let conversationID {
      let sql = "SELECT min(seq) FROM message WHERE conversation_id = ?"
      found = try integer(sql, on: "message") { $0.bytes(conversationID) }
    } else {
      found = try integer("SELECT min(seq) FROM message", on: "message")
    }
    return found.map { UInt64(max(0, $0)) }
  }
  package func lineHead() throws(ClientStoreFailure) -> UInt64 {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'message'"
    return UInt64(max(0, try integer(sql, on: "message") ?? 0))
  }
  package func leaveOutLines(upTo seq: UInt64) throws(ClientStoreFailure) {
    // SQLite takes the next number of an AUTOINCREMENT table from here (autoinc.html).
    let isThere = try integer(
      "SELECT count(*) FROM sqlite_sequence WHERE name = 'message'", on: "message")
    let sql =
      isThere == 0
      ? "INSERT INTO sqlite_sequence (seq, name) VALUES (?, 'message')"
      : "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'message'"
    try run(sql, on: "message") { $0.ordinal(seq) }
  }
  package func insertEarlier(_ row: MessageRow) throws(ClientStoreFailure) {
    guard row.seq >= 1, try row.seq <= lineHead(), try message(seq: row.seq) == nil else {
      throw .corrupt("message")
    }
    try insertWhole(row)
    try index(row, as: row.seq)
  }
}
