// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A sealed file on its way to the server, or there. Key: `blobID`.
package struct UploadRow: Equatable, Sendable {
  /// How far it has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// The server has no place for it yet.
    case waiting
    /// Its bytes are brought.
    case open
    /// The server has it. The row stays as long as the blob, so that it can be taken away.
    case done
  }

  /// SHA-256 of the sealed file, 32 bytes.
  package var blobID: [UInt8]
  /// Whose message it belongs to.
  package var conversationID: [UInt8]
  /// The MIMI message identifier of that message.
  package var messageID: [UInt8]
  /// The message's MIMI content, which leaves when the last of its files is there; then empty.
  package var content: [UInt8]
  /// What writing it takes, 32 bytes.
  package var token: Secret
  /// The length of the sealed file, in bytes.
  package var size: UInt64
  /// See `Phase`.
  package var phase: Phase
  /// When it was sealed.
  package var createdAt: Instant

  /// Makes the row.
  package init(
    blobID: [UInt8], conversationID: [UInt8], messageID: [UInt8], content: [UInt8], token: Secret,
    size: UInt64, phase: Phase, createdAt: Instant
  ) {
    self.blobID = blobID
    self.conversationID = conversationID
    self.messageID = messageID
    self.content = content
    self.token = token
    self.size = size
    self.phase = phase
    self.createdAt = createdAt
  }
}

/// The part of a transaction that concerns files on their way.
package protocol ClientUploadTransaction {
  /// The upload of this blob.
  func upload(blobID: [UInt8]) throws(ClientStoreFailure) -> UploadRow?
  /// Those that the server does not have, by `createdAt`, then `blobID`.
  func pendingUploads() throws(ClientStoreFailure) -> [UploadRow]
  /// Those of one message, by `createdAt`, then `blobID`.
  func uploads(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [UploadRow]
  /// Inserts or replaces an upload.
  mutating func put(_ row: UploadRow) throws(ClientStoreFailure)
  /// Removes an upload; nothing happens when there is none.
  mutating func removeUpload(blobID: [UInt8]) throws(ClientStoreFailure)
  /// Removes those that were done and made before `time`.
  mutating func removeDoneUploads(createdBefore time: Instant) throws(ClientStoreFailure)
}
