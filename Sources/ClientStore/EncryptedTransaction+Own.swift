// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
import SansIO

extension EncryptedTransaction {
  package func ownRecord(key: [UInt8]) throws(ClientStoreFailure) -> OwnRecordRow? {
    try row("WHERE key = ?") { $0.bytes(key) }
  }
  package func ownRecords(
    after: [UInt8]?, limit: Int
  ) throws(ClientStoreFailure) -> [OwnRecordRow] {
    // No key is empty.
    try rows("WHERE key > ? ORDER BY key LIMIT ?") {
      $0.bytes(after ?? [])
      $0.limit(limit)
    }
  }
  package func changedOwnRecords(limit: Int) throws(ClientStoreFailure) -> [OwnRecordRow] {
    try rows("WHERE is_changed = 1 ORDER BY key LIMIT ?") { $0.limit(limit) }
  }
  package func ownRecordCount() throws(ClientStoreFailure) -> Int {
    Int(try integer("SELECT count(*) FROM own_record", on: "own_record") { _ in } ?? 0)
  }
  package func put(_ row: OwnRecordRow) throws(ClientStoreFailure) { try upsert(row) }
}
