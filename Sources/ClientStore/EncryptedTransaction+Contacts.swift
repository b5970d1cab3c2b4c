// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
import SansIO

extension EncryptedTransaction {
  package func contactRequest(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> ContactRequestRow? {
    try row("WHERE conversation_id = ?") { $0.bytes(conversationID) }
  }
  package func contactRequests() throws(ClientStoreFailure) -> [ContactRequestRow] {
    try rows("ORDER BY conversation_id")
  }
  package func put(_ row: ContactRequestRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeContactRequest(conversationID: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM contact_request WHERE conversation_id = ?", on: "contact_request") {
      $0.bytes(conversationID)
    }
  }

  package func blocks() throws(ClientStoreFailure) -> [BlockRow] { try rows("ORDER BY address") }
  package func put(_ row: BlockRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeBlock(address: String) throws(ClientStoreFailure) {
    try run("DELETE FROM block WHERE address = ?", on: "block") { $0.text(address) }
  }
}
