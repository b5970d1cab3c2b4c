// SPDX-License-Identifier: Apache-2.0

/// A store in memory, for simulation and tests. It is a value: a copy is a snapshot, and putting a
/// copy back is a rollback.
package struct InMemoryClientStore: ClientStore, Sendable {
  /// What was committed.
  package private(set) var committed = InMemoryClientTransaction()
  /// When above 0, the transaction that many transactions from now fails at its commit.
  package var failingCommitIn = 0

  /// An empty store.
  package init() {}

  /// Runs `body` on a copy and keeps the copy when it succeeds.
  package mutating func transact<Value>(
    _ body: (inout InMemoryClientTransaction) throws(ClientStoreFailure) -> Value
  ) throws(ClientStoreFailure) -> Value {
    var draft = committed
    let value = try body(&draft)
    if failingCommitIn > 0 {
      failingCommitIn -= 1
      if failingCommitIn == 0 { throw .injected }
    }
    committed = draft
    return value
  }
}

/// All tables of `InMemoryClientStore`. Dictionaries are looked up by key only; lists are sorted.
package struct InMemoryClientTransaction: ClientTransaction, Sendable {
  var accountRow: AccountRow?
  var keyPackageRows: [[UInt8]: KeyPackageRow] = [:]
  var peerRows: [String: PeerRow] = [:]
  var welcomeRows: [UInt64: WelcomeRow] = [:]
  var conversationRows: [[UInt8]: ConversationRow] = [:]
  var roomRows: [[UInt8]: RoomRow] = [:]
  /// Ascending `id`.
  var roomChangeRows: [RoomChangeRow] = []
  var roomChangeHead: UInt64 = 0
  var roomReceiptRows: [RoomReceiptRow] = []
  var joinLinkRows: [[UInt8]: JoinLinkRow] = [:]
  var knockRows: [KnockRow] = []
  var contactRequestRows: [[UInt8]: ContactRequestRow] = [:]
  var blockRows: [String: BlockRow] = [:]
  var uploadRows: [[UInt8]: UploadRow] = [:]
  /// Ascending, as lists of it come.
  var keptFileRows: [KeptFileRow] = []
  var ownKnockRows: [String: OwnKnockRow] = [:]
  var historyRowsByLog: [[UInt8]: HistoryRow] = [:]
  var originRows: [UInt64: OriginRow] = [:]
  var groupRows: [[UInt8]: GroupRow] = [:]
  var epochRows: [[UInt8]: [EpochRow]] = [:]
  var pendingCommitRows: [[UInt8]: PendingCommitRow] = [:]
  /// Ascending `seq`; lines are never removed.
  var messageRows: [MessageRow] = []
  var messageHead: UInt64 = 0
  /// Ascending `seq`.
  var annotationRows: [AnnotationRow] = []
  var annotationHead: UInt64 = 0
  /// Ascending `id`.
  var outboxRows: [OutboxRow] = []
  var outboxHead: UInt64 = 0
  var receiptRows: [ReceiptRow] = []
  /// Ascending `seq`.
  var eventRows: [EventRow] = []
  var eventSeq: UInt64 = 0
  var subscriberRows: [String: SubscriberRow] = [:]
  var settingRows: [String: SettingRow] = [:]
  var arrangementRows: [[UInt8]: ArrangementRow] = [:]
  var starRows: [UInt64: StarRow] = [:]
  var scheduledRows: [UInt64: ScheduledRow] = [:]
  var scheduledHead: UInt64 = 0
  var timerRows: [TimerRow] = []
  var importedRows: [UInt64: ImportedRow] = [:]
  var ownRecordRows: [[UInt8]: OwnRecordRow] = [:]

  init() {}

  package func account() -> AccountRow? { accountRow }
  package mutating func put(_ row: AccountRow) { accountRow = row }
  package mutating func removeAccount() { accountRow = nil }

  package func keyPackage(reference: [UInt8]) -> KeyPackageRow? { keyPackageRows[reference] }
  package func keyPackages() -> [KeyPackageRow] {
    keyPackageRows.values.sorted { left, right in
      if left.createdAt != right.createdAt { return left.createdAt < right.createdAt }
      return left.reference.lexicographicallyPrecedes(right.reference)
    }
  }
  package mutating func put(_ row: KeyPackageRow) { keyPackageRows[row.reference] = row }
  package mutating func removeKeyPackage(reference: [UInt8]) {
    keyPackageRows[reference] = nil
  }

  package func peer(address: String) -> PeerRow? { peerRows[address] }
  package func peers() -> [PeerRow] {
    peerRows.values.sorted { $0.address.utf8.lexicographicallyPrecedes($1.address.utf8) }
  }
  package mutating func put(_ row: PeerRow) { peerRows[row.address] = row }

  package func welcomes() -> [WelcomeRow] {
    welcomeRows.values.sorted { $0.inboxSeq < $1.inboxSeq }
  }
  package mutating func put(_ row: WelcomeRow) { welcomeRows[row.inboxSeq] = row }
  package mutating func removeWelcome(inboxSeq: UInt64) { welcomeRows[inboxSeq] = nil }

  package func conversation(id: [UInt8]) -> ConversationRow? { conversationRows[id] }
  package func conversation(address: String) -> ConversationRow? {
    conversationRows.values.first { $0.address == address }
  }
  package func conversations() -> [ConversationRow] {
    conversationRows.values.sorted { left, right in
      if left.createdAt != right.createdAt { return left.createdAt < right.createdAt }
      return left.address.utf8.lexicographicallyPrecedes(right.address.utf8)
    }
  }
  package mutating func put(_ row: ConversationRow) { conversationRows[row.id] = row }

  package func group(id: [UInt8]) -> GroupRow? { groupRows[id] }
  package func groups(conversationID: [UInt8]) -> [GroupRow] {
    groups().filter { $0.conversationID == conversationID }
  }
  package func groups() -> [GroupRow] {
    groupRows.values.sorted { $0.groupID.lexicographicallyPrecedes($1.groupID) }
  }
  package mutating func put(_ row: GroupRow) { groupRows[row.groupID] = row }
}
