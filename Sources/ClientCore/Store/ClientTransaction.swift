// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// One open transaction of the client's store: all of its writes become durable together, or none.
///
/// `put` inserts the row or replaces the one of the same key. Lists come in the order that each
/// method states, which never depends on hashing. Reading sees the transaction's own writes.
/// Implementations pass the suite in `ClientStoreConformance`.
package protocol ClientTransaction: ClientMessageTransaction, ClientOrganisingTransaction,
  ClientJoinTransaction, ClientContactTransaction,
  ClientTimerTransaction, ClientUploadTransaction, ClientKeptFileTransaction,
  ClientArchiveTransaction, ClientOwnTransaction, ClientHistoryTransaction
{
  // MARK: Account

  /// The account, if there is one.
  func account() throws(ClientStoreFailure) -> AccountRow?
  /// Inserts or replaces the account.
  mutating func put(_ row: AccountRow) throws(ClientStoreFailure)
  /// Removes the account, for a registration that the server refused.
  mutating func removeAccount() throws(ClientStoreFailure)

  /// The key package of this reference.
  func keyPackage(reference: [UInt8]) throws(ClientStoreFailure) -> KeyPackageRow?
  /// All key packages, by `createdAt`, then `reference`.
  func keyPackages() throws(ClientStoreFailure) -> [KeyPackageRow]
  /// Inserts or replaces a key package.
  mutating func put(_ row: KeyPackageRow) throws(ClientStoreFailure)
  /// Removes a key package and its private keys; nothing happens when there is none.
  mutating func removeKeyPackage(reference: [UInt8]) throws(ClientStoreFailure)

  /// The peer of this address.
  func peer(address: String) throws(ClientStoreFailure) -> PeerRow?
  /// All peers, by address in byte order.
  func peers() throws(ClientStoreFailure) -> [PeerRow]
  /// Inserts or replaces a peer.
  mutating func put(_ row: PeerRow) throws(ClientStoreFailure)

  /// All waiting Welcomes, by `inboxSeq`.
  func welcomes() throws(ClientStoreFailure) -> [WelcomeRow]
  /// Inserts or replaces a Welcome.
  mutating func put(_ row: WelcomeRow) throws(ClientStoreFailure)
  /// Removes a Welcome; nothing happens when there is none.
  mutating func removeWelcome(inboxSeq: UInt64) throws(ClientStoreFailure)

  // MARK: Conversations and groups

  /// The conversation of this identifier.
  func conversation(id: [UInt8]) throws(ClientStoreFailure) -> ConversationRow?
  /// The conversation with this peer.
  func conversation(address: String) throws(ClientStoreFailure) -> ConversationRow?
  /// All conversations, by `createdAt`, then address in byte order.
  func conversations() throws(ClientStoreFailure) -> [ConversationRow]
  /// Inserts or replaces a conversation.
  mutating func put(_ row: ConversationRow) throws(ClientStoreFailure)

  /// What the members of a conversation agreed on last.
  func room(conversationID: [UInt8]) throws(ClientStoreFailure) -> RoomRow?
  /// Inserts or replaces it.
  mutating func put(_ row: RoomRow) throws(ClientStoreFailure)
  /// Appends a wanted change, gives it the next `id` and returns that.
  mutating func append(_ row: RoomChangeRow) throws(ClientStoreFailure) -> UInt64
  /// The wanted changes of a conversation, lowest `id` first.
  func roomChanges(conversationID: [UInt8]) throws(ClientStoreFailure) -> [RoomChangeRow]
  /// Replaces the wanted change of the row's `id`.
  ///
  /// - Throws: `corrupt` when there is no such row.
  mutating func update(_ row: RoomChangeRow) throws(ClientStoreFailure)
  /// Removes a wanted change; nothing happens when there is none.
  mutating func removeRoomChange(id: UInt64) throws(ClientStoreFailure)

  /// Inserts or replaces what a member has reported.
  mutating func put(_ row: RoomReceiptRow) throws(ClientStoreFailure)
  /// What the members have reported of a message, by address in byte order.
  func roomReceipts(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [RoomReceiptRow]

  /// The group of this identifier.
  func group(id: [UInt8]) throws(ClientStoreFailure) -> GroupRow?
  /// The groups of a conversation, by group identifier in byte order.
  func groups(conversationID: [UInt8]) throws(ClientStoreFailure) -> [GroupRow]
  /// All groups, by group identifier in byte order.
  func groups() throws(ClientStoreFailure) -> [GroupRow]
  /// Inserts or replaces a group.
  mutating func put(_ row: GroupRow) throws(ClientStoreFailure)

  /// The state of one epoch.
  func epoch(groupID: [UInt8], epoch: UInt64) throws(ClientStoreFailure) -> EpochRow?
  /// The kept epochs of a group, lowest first.
  func epochs(groupID: [UInt8]) throws(ClientStoreFailure) -> [EpochRow]
  /// Inserts or replaces the state of an epoch.
  mutating func put(_ row: EpochRow) throws(ClientStoreFailure)
  /// Replaces the ratchets of an epoch alone, which is what each message does.
  ///
  /// - Throws: `corrupt` when there is no such epoch.
  mutating func updateRatchets(
    groupID: [UInt8], epoch: UInt64, ratchets: Secret
  ) throws(ClientStoreFailure)
  /// Removes an epoch; nothing happens when there is none.
  mutating func removeEpoch(groupID: [UInt8], epoch: UInt64) throws(ClientStoreFailure)

  /// The group's unconfirmed commit.
  func pendingCommit(groupID: [UInt8]) throws(ClientStoreFailure) -> PendingCommitRow?
  /// Inserts or replaces the group's unconfirmed commit.
  mutating func put(_ row: PendingCommitRow) throws(ClientStoreFailure)
  /// Removes it; nothing happens when there is none.
  mutating func removePendingCommit(groupID: [UInt8]) throws(ClientStoreFailure)
}

/// The part of a transaction that concerns messages, the outbox and events.
package protocol ClientMessageTransaction {
  // MARK: Messages

  /// Appends a line, gives it the next `seq` and returns that.
  mutating func append(_ row: MessageRow) throws(ClientStoreFailure) -> UInt64
  /// The line of this `seq`.
  func message(seq: UInt64) throws(ClientStoreFailure) -> MessageRow?
  /// The message of this (not empty) identifier in this conversation.
  func message(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> MessageRow?
  /// Lines of a conversation, highest `seq` first, below `before` when given.
  func messages(
    conversationID: [UInt8], before: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow]
  /// Lines of a conversation in state `received` with `seq` at most `upTo`, lowest first.
  func unseenMessages(
    conversationID: [UInt8], upTo: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow]
  /// How many lines of a conversation are in state `received`.
  func unseenCount(conversationID: [UInt8]) throws(ClientStoreFailure) -> Int
  /// Lines that the query finds, highest `seq` first, below `before` when given.
  func search(
    _ query: SearchQuery, before: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow]
  /// Appends an annotation, gives it the next `seq` and returns that.
  mutating func append(_ row: AnnotationRow) throws(ClientStoreFailure) -> UInt64
  /// The annotations of this kind in a conversation, lowest `seq` first.
  func annotations(
    conversationID: [UInt8], kind: AnnotationRow.Kind
  ) throws(ClientStoreFailure) -> [AnnotationRow]
  /// The annotations that this message said, lowest `seq` first.
  func annotations(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [AnnotationRow]
  /// The annotations about this message, lowest `seq` first.
  func annotations(
    conversationID: [UInt8], target: [UInt8]
  ) throws(ClientStoreFailure) -> [AnnotationRow]
  /// Replaces the annotation of the row's `seq`.
  ///
  /// - Throws: `corrupt` when there is no such row.
  mutating func update(_ row: AnnotationRow) throws(ClientStoreFailure)
  /// Removes an annotation; nothing happens when there is none.
  mutating func removeAnnotation(seq: UInt64) throws(ClientStoreFailure)
  /// Replaces the line of the row's `seq`.
  ///
  /// - Throws: `corrupt` when there is no such line.
  mutating func update(_ row: MessageRow) throws(ClientStoreFailure)

  // MARK: Outbox and receipts

  /// Appends to the outbox, gives the row the next `id` and returns that.
  mutating func append(_ row: OutboxRow) throws(ClientStoreFailure) -> UInt64
  /// The row of this `submitID`.
  func outboxRow(submitID: [UInt8]) throws(ClientStoreFailure) -> OutboxRow?
  /// Rows of a conversation in one of `phases`, lowest `id` first.
  func outboxRows(
    conversationID: [UInt8], phases: [OutboxRow.Phase], limit: Int
  ) throws(ClientStoreFailure) -> [OutboxRow]
  /// How many rows of a conversation are in one of `phases`.
  func outboxCount(
    conversationID: [UInt8], phases: [OutboxRow.Phase]
  ) throws(ClientStoreFailure) -> Int
  /// Replaces the row of the row's `id`.
  ///
  /// - Throws: `corrupt` when there is no such row.
  mutating func update(_ row: OutboxRow) throws(ClientStoreFailure)
  /// Removes a row; nothing happens when there is none.
  mutating func removeOutboxRow(id: UInt64) throws(ClientStoreFailure)
  /// Removes the rows of a group in phase `stored` whose `logSeq` is at most `upTo`: their
  /// entries were read back or are gone.
  mutating func removeStoredOutboxRows(
    groupID: [UInt8], upTo: UInt64
  ) throws(ClientStoreFailure)

  /// Inserts a receipt, or replaces the one of the same message unless that says `read`.
  mutating func put(_ row: ReceiptRow) throws(ClientStoreFailure)
  /// Receipts of a conversation, by `at`, then message identifier in byte order.
  func receipts(conversationID: [UInt8], limit: Int) throws(ClientStoreFailure) -> [ReceiptRow]
  /// The oldest receipt of all.
  func oldestReceipt() throws(ClientStoreFailure) -> ReceiptRow?
  /// Removes a receipt; nothing happens when there is none.
  mutating func removeReceipt(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure)

  // MARK: Events, subscriptions, settings

  /// Appends an event, gives it the next `seq` and returns that.
  mutating func append(_ row: EventRow) throws(ClientStoreFailure) -> UInt64
  /// Events after `seq`, oldest first.
  func events(after seq: UInt64, limit: Int) throws(ClientStoreFailure) -> [EventRow]
  /// The `seq` that was given last; 0 before the first.
  func eventHead() throws(ClientStoreFailure) -> UInt64
  /// Replaces the event of the row's `seq`.
  ///
  /// - Throws: `corrupt` when there is no such row.
  mutating func update(_ row: EventRow) throws(ClientStoreFailure)
  /// Removes events up to and with `seq`.
  mutating func removeEvents(upTo seq: UInt64) throws(ClientStoreFailure)
  /// The subscription of this name.
  func subscriber(name: String) throws(ClientStoreFailure) -> SubscriberRow?
  /// All subscriptions, by name in byte order.
  func subscribers() throws(ClientStoreFailure) -> [SubscriberRow]
  /// Inserts or replaces a subscription.
  mutating func put(_ row: SubscriberRow) throws(ClientStoreFailure)

  /// The setting of this key.
  func setting(key: String) throws(ClientStoreFailure) -> SettingRow?
  /// Inserts or replaces a setting.
  mutating func put(_ row: SettingRow) throws(ClientStoreFailure)
}

/// A store that runs transactions, one at a time.
package protocol ClientStore {
  /// Its kind of transaction.
  associatedtype Transaction: ClientTransaction

  /// Runs `body` in one transaction: durable when this returns, without trace when it throws.
  mutating func transact<Value>(
    _ body: (inout Transaction) throws(ClientStoreFailure) -> Value
  ) throws(ClientStoreFailure) -> Value
}
