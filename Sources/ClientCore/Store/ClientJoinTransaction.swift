// SPDX-License-Identifier: Apache-2.0

/// The part of a transaction that concerns coming into groups by a link.
package protocol ClientJoinTransaction {
  /// The links of a group that this device keeps, by `linkID`.
  func joinLinks(conversationID: [UInt8]) throws(ClientStoreFailure) -> [JoinLinkRow]
  /// The link of this number.
  func joinLink(linkID: [UInt8]) throws(ClientStoreFailure) -> JoinLinkRow?
  /// Inserts or replaces a link.
  mutating func put(_ row: JoinLinkRow) throws(ClientStoreFailure)
  /// Removes a link; nothing happens when there is none.
  mutating func removeJoinLink(linkID: [UInt8]) throws(ClientStoreFailure)

  /// Requests to come into a group, by `address`.
  func knocks(conversationID: [UInt8]) throws(ClientStoreFailure) -> [KnockRow]
  /// Inserts or replaces a request.
  mutating func put(_ row: KnockRow) throws(ClientStoreFailure)
  /// Removes a request; nothing happens when there is none.
  mutating func removeKnock(
    conversationID: [UInt8], address: String
  ) throws(ClientStoreFailure)

  /// The groups that this account asks to come into, by `reference`.
  func ownKnocks() throws(ClientStoreFailure) -> [OwnKnockRow]
  /// Inserts or replaces one.
  mutating func put(_ row: OwnKnockRow) throws(ClientStoreFailure)
  /// Removes one; nothing happens when there is none.
  mutating func removeOwnKnock(reference: String) throws(ClientStoreFailure)
}
