// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

extension EncryptedTransaction {
  private static let order = "ORDER BY created_at, blob_id, conversation_id, message_id"

  package func keptFiles(blobID: [UInt8]) throws(ClientStoreFailure) -> [KeptFileRow] {
    try rows("WHERE blob_id = ? \(Self.order)") { $0.bytes(blobID) }
  }
  package func keptFiles(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [KeptFileRow] {
    try rows("WHERE conversation_id = ? AND message_id = ? \(Self.order)") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }
  package func keptFiles(
    phase: KeptFileRow.Phase, limit: Int
  ) throws(ClientStoreFailure) -> [KeptFileRow] {
    try rows("WHERE phase = ? \(Self.order) LIMIT ?") {
      $0.word(phase)
      $0.limit(limit)
    }
  }
  package func keptFileTotal() throws(ClientStoreFailure) -> KeptFileTotal {
    let count = try integer("SELECT count(*) FROM kept_file", on: "kept_file") ?? 0
    let bytes = try integer("SELECT sum(size) FROM kept_file", on: "kept_file") ?? 0
    return KeptFileTotal(count: Int(clamping: count), bytes: UInt64(clamping: bytes))
  }
  package func put(_ row: KeptFileRow) throws(ClientStoreFailure) { try upsert(row) }
  package func remove(_ row: KeptFileRow) throws(ClientStoreFailure) {
    try run(
      "DELETE FROM kept_file WHERE blob_id = ? AND conversation_id = ? AND message_id = ?",
      on: "kept_file"
    ) {
      $0.bytes(row.blobID)
      $0.bytes(row.conversationID)
      $0.bytes(row.messageID)
    }
  }
}
