// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
import SansIO

extension EncryptedTransaction {
  package func room(conversationID: [UInt8]) throws(ClientStoreFailure) -> RoomRow? {
    try row("WHERE conversation_id = ?") { $0.bytes(conversationID) }
  }
  package func put(_ row: RoomRow) throws(ClientStoreFailure) { try upsert(row) }

  package func append(_ row: RoomChangeRow) throws(ClientStoreFailure) -> UInt64 {
    try insert(row)
  }
  package func roomChanges(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> [RoomChangeRow] {
    try rows("WHERE conversation_id = ? ORDER BY id") { $0.bytes(conversationID) }
  }
  package func put(_ row: RoomReceiptRow) throws(ClientStoreFailure) { try upsert(row) }
  package func roomReceipts(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [RoomReceiptRow] {
    try rows("WHERE conversation_id = ? AND message_id = ? ORDER BY member") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }
  package func update(_ row: RoomChangeRow) throws(ClientStoreFailure) { try replace(row) }
  package func removeRoomChange(id: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM room_change WHERE id = ?", on: "room_change") { $0.ordinal(id) }
  }
}
