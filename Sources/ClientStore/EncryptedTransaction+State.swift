// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
package import SansIO

extension EncryptedTransaction {
  package func account() throws(ClientStoreFailure) -> AccountRow? { try row("") }
  package func put(_ row: AccountRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeAccount() throws(ClientStoreFailure) {
    try run("DELETE FROM account", on: "account") { _ in }
  }

  package func keyPackage(reference: [UInt8]) throws(ClientStoreFailure) -> KeyPackageRow? {
    try row("WHERE reference = ?") { $0.bytes(reference) }
  }
  package func keyPackages() throws(ClientStoreFailure) -> [KeyPackageRow] {
    try rows("ORDER BY created_at, reference")
  }
  package func put(_ row: KeyPackageRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeKeyPackage(reference: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM key_package WHERE reference = ?", on: "key_package") {
      $0.bytes(reference)
    }
  }

  package func peer(address: String) throws(ClientStoreFailure) -> PeerRow? {
    try row("WHERE address = ?") { $0.text(address) }
  }
  package func peers() throws(ClientStoreFailure) -> [PeerRow] { try rows("ORDER BY address") }
  package func put(_ row: PeerRow) throws(ClientStoreFailure) { try upsert(row) }

  package func welcomes() throws(ClientStoreFailure) -> [WelcomeRow] {
    try rows("ORDER BY inbox_seq")
  }
  package func put(_ row: WelcomeRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removeWelcome(inboxSeq: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM welcome WHERE inbox_seq = ?", on: "welcome") { $0.number(inboxSeq) }
  }

  package func conversation(id: [UInt8]) throws(ClientStoreFailure) -> ConversationRow? {
    try row("WHERE id = ?") { $0.bytes(id) }
  }
  package func conversation(address: String) throws(ClientStoreFailure) -> ConversationRow? {
    try row("WHERE address = ?") { $0.text(address) }
  }
  package func conversations() throws(ClientStoreFailure) -> [ConversationRow] {
    try rows("ORDER BY created_at, address")
  }
  package func put(_ row: ConversationRow) throws(ClientStoreFailure) { try upsert(row) }

  package func group(id: [UInt8]) throws(ClientStoreFailure) -> GroupRow? {
    try row("WHERE group_id = ?") { $0.bytes(id) }
  }
  package func groups(conversationID: [UInt8]) throws(ClientStoreFailure) -> [GroupRow] {
    try rows("WHERE conversation_id = ? ORDER BY group_id") { $0.bytes(conversationID) }
  }
  package func groups() throws(ClientStoreFailure) -> [GroupRow] { try rows("ORDER BY group_id") }
  package func put(_ row: GroupRow) throws(ClientStoreFailure) { try upsert(row) }

  package func epoch(groupID: [UInt8], epoch: UInt64) throws(ClientStoreFailure) -> EpochRow? {
    let condition = "\(Self.joinedRatchets) WHERE group_id = ? AND epoch = ?"
    let stored: StoredEpoch? = try row(condition) {
      $0.bytes(groupID)
      $0.number(epoch)
    }
    return stored?.row
  }
  package func epochs(groupID: [UInt8]) throws(ClientStoreFailure) -> [EpochRow] {
    let condition = "\(Self.joinedRatchets) WHERE group_id = ? ORDER BY epoch"
    let stored: [StoredEpoch] = try rows(condition) { $0.bytes(groupID) }
    return stored.map(\.row)
  }
  package func put(_ row: EpochRow) throws(ClientStoreFailure) {
    try run(StoredEpoch.upsert, on: "epoch") {
      $0.bytes(row.groupID)
      $0.number(row.epoch)
      $0.secret(row.state)
      $0.instant(row.retiredAt)
    }
    try run(StoredEpoch.upsertRatchets, on: "ratchets") {
      $0.bytes(row.groupID)
      $0.number(row.epoch)
      $0.secret(row.ratchets)
    }
  }
  package func updateRatchets(
    groupID: [UInt8], epoch: UInt64, ratchets: Secret
  ) throws(ClientStoreFailure) {
    let sql = "UPDATE ratchets SET ratchets = ? WHERE group_id = ? AND epoch = ?"
    try run(sql, on: "epoch") {
      $0.secret(ratchets)
      $0.bytes(groupID)
      $0.number(epoch)
    }
    guard database.changesCount == 1 else { throw .corrupt("epoch") }
  }
  package func removeEpoch(groupID: [UInt8], epoch: UInt64) throws(ClientStoreFailure) {
    for sql in [
      "DELETE FROM ratchets WHERE group_id = ? AND epoch = ?",
      "DELETE FROM epoch WHERE group_id = ? AND epoch = ?",
    ] {
      try run(sql, on: "epoch") {
        $0.bytes(groupID)
        $0.number(epoch)
      }
    }
  }

  package func pendingCommit(groupID: [UInt8]) throws(ClientStoreFailure) -> PendingCommitRow? {
    try row("WHERE group_id = ?") { $0.bytes(groupID) }
  }
  package func put(_ row: PendingCommitRow) throws(ClientStoreFailure) { try upsert(row) }
  package func removePendingCommit(groupID: [UInt8]) throws(ClientStoreFailure) {
    try run("DELETE FROM pending_commit WHERE group_id = ?", on: "pending_commit") {
      $0.bytes(groupID)
    }
  }

  /// The two tables of an epoch have the names of the key in common.
  private static let joinedRatchets = "JOIN ratchets USING (group_id, epoch)"
}
