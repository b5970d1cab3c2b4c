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
}
