// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
package import SansIO

extension EncryptedTransaction {
  package func upload(blobID: [UInt8]) throws(ClientStoreFailure) -> UploadRow? {
    try row("WHERE blob_id = ?") { $0.bytes(blobID) }
  }
  package func pendingUploads() throws(ClientStoreFailure) -> [UploadRow] {
    try rows("WHERE phase <> 'done' ORDER BY created_at, blob_id")
  }
  package func uploads(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [UploadRow] {
    try rows("WHERE conversation_id = ? AND message_id = ? ORDER BY created_at, blob_id") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }
  package func put(_ row: UploadRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeUpload(blobID: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM upload WHERE blob_id = ?", on: "upload") { $0.bytes(blobID) }
  }
  package func removeDoneUploads(createdBefore time: Instant) throws(ClientStoreFailure) {
    try run("DELETE FROM upload WHERE phase = 'done' AND created_at < ?", on: "upload") {
      $0.instant(time)
    }
  }
}
