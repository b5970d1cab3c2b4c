// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

extension EncryptedTransaction {
  package func joinLinks(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> [JoinLinkRow] {
    try rows("WHERE conversation_id = ? ORDER BY link_id") { $0.bytes(conversationID) }
  }
  package func joinLink(linkID: [UInt8]) throws(ClientStoreFailure) -> JoinLinkRow? {
    try row("WHERE link_id = ?") { $0.bytes(linkID) }
  }
  package func put(_ row: JoinLinkRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeJoinLink(linkID: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM join_link WHERE link_id = ?", on: "join_link") { $0.bytes(linkID) }
  }

  package func knocks(conversationID: [UInt8]) throws(ClientStoreFailure) -> [KnockRow] {
    try rows("WHERE conversation_id = ? ORDER BY address") { $0.bytes(conversationID) }
  }
  package func put(_ row: KnockRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeKnock(
    conversationID: [UInt8], address: String
  ) throws(ClientStoreFailure) {
    try run("DELETE FROM knock WHERE conversation_id = ? AND address = ?", on: "knock") {
      $0.bytes(conversationID)
      $0.text(address)
    }
  }

  package func ownKnocks() throws(ClientStoreFailure) -> [OwnKnockRow] {
    try rows("ORDER BY reference")
  }
  package func put(_ row: OwnKnockRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeOwnKnock(reference: String) throws(ClientStoreFailure) {
    try run("DELETE FROM own_knock WHERE reference = ?", on: "own_knock") { $0.text(reference) }
  }
}
