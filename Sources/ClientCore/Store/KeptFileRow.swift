// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A sealed file that stays on this device for a message. Key: `blobID`, `conversationID` and
/// `messageID`; one file may stay for several messages.
package struct KeptFileRow: Equatable, Sendable {
  /// Whether it is here.
  package enum Phase: String, CaseIterable, Sendable {
    /// It is to be fetched.
    case wanted
    /// It is here.
    case kept
  }

  /// SHA-256 of the sealed file, 32 bytes.
  package var blobID: [UInt8]
  /// Whose message it belongs to.
  package var conversationID: [UInt8]
  /// The MIMI message identifier of that message.
  package var messageID: [UInt8]
  /// The length of the file itself, in bytes; files have 2 GiB at most.
  package var size: UInt32
  /// See `Phase`.
  package var phase: Phase
  /// Since when it is wanted.
  package var createdAt: Instant

  /// Makes the row.
  package init(
    blobID: [UInt8], conversationID: [UInt8], messageID: [UInt8], size: UInt32, phase: Phase,
    createdAt: Instant
  ) {
    self.blobID = blobID
    self.conversationID = conversationID
    self.messageID = messageID
    self.size = size
    self.phase = phase
    self.createdAt = createdAt
  }
}

/// The part of a transaction that concerns files that stay. Lists come by `createdAt`, then
/// `blobID`, `conversationID`, `messageID`.
package protocol ClientKeptFileTransaction {
  /// Those of one blob.
  func keptFiles(blobID: [UInt8]) throws(ClientStoreFailure) -> [KeptFileRow]
  /// Those of one message.
  func keptFiles(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [KeptFileRow]
  /// Those of one phase, the first `limit`.
  func keptFiles(
    phase: KeptFileRow.Phase, limit: Int
  ) throws(ClientStoreFailure) -> [KeptFileRow]
  /// How many rows there are, and the bytes of all of them.
  func keptFileTotal() throws(ClientStoreFailure) -> KeptFileTotal
  /// Inserts or replaces a row.
  mutating func put(_ row: KeptFileRow) throws(ClientStoreFailure)
  /// Removes a row; nothing happens when there is none.
  mutating func remove(_ row: KeptFileRow) throws(ClientStoreFailure)
}

/// What all files that stay come to.
package struct KeptFileTotal: Equatable, Sendable {
  /// Rows.
  package let count: Int
  /// The sum of their sizes.
  package let bytes: UInt64

  /// Makes the value.
  package init(count: Int, bytes: UInt64) {
    self.count = count
    self.bytes = bytes
  }
}
