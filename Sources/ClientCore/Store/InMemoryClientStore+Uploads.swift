// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryClientTransaction {
  package func upload(blobID: [UInt8]) -> UploadRow? { uploadRows[blobID] }

  package func pendingUploads() -> [UploadRow] {
    InMemoryClientTransaction.sorted(uploadRows.values.filter { $0.phase != .done })
  }

  package func uploads(conversationID: [UInt8], messageID: [UInt8]) -> [UploadRow] {
    InMemoryClientTransaction.sorted(
      uploadRows.values.filter {
        $0.conversationID == conversationID && $0.messageID == messageID
      })
  }

  package mutating func put(_ row: UploadRow) { uploadRows[row.blobID] = row }

  package mutating func removeUpload(blobID: [UInt8]) { uploadRows[blobID] = nil }

  package mutating func removeDoneUploads(createdBefore time: Instant) {
    uploadRows = uploadRows.filter { $0.value.phase != .done || $0.value.createdAt >= time }
  }

  private static func sorted(_ rows: [UploadRow]) -> [UploadRow] {
    rows.sorted { left, right in
      left.createdAt == right.createdAt
        ? left.blobID.lexicographicallyPrecedes(right.blobID) : left.createdAt < right.createdAt
    }
  }
}
