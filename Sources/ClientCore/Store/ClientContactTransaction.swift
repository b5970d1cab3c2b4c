// SPDX-License-Identifier: Apache-2.0

/// The part of a transaction that concerns who may reach this account.
package protocol ClientContactTransaction {
  /// The request that this conversation is, if it is one.
  func contactRequest(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> ContactRequestRow?
  /// All requests, by `conversationID`.
  func contactRequests() throws(ClientStoreFailure) -> [ContactRequestRow]
  /// Inserts or replaces a request.
  mutating func put(_ row: ContactRequestRow) throws(ClientStoreFailure)
  /// Removes a request; nothing happens when there is none.
  mutating func removeContactRequest(conversationID: [UInt8]) throws(ClientStoreFailure)

  /// Who is blocked, by `address`.
  func blocks() throws(ClientStoreFailure) -> [BlockRow]
  /// Inserts or replaces a block.
  mutating func put(_ row: BlockRow) throws(ClientStoreFailure)
  /// Removes a block; nothing happens when there is none.
  mutating func removeBlock(address: String) throws(ClientStoreFailure)
}
