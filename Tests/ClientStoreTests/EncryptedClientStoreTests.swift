// SPDX-License-Identifier: Apache-2.0

import ClientCore
import ClientStoreConformance
import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientStore

@Suite struct EncryptedClientStoreTests {
  @Test(arguments: ClientStoreCase.allCases)
  func conforms(_ testCase: ClientStoreCase) throws {
    let home = try TemporaryHome()
    var store = try home.open()
    try testCase.run(on: &store)
  }

  @Test func contentSurvivesClosing() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(SettingRow(key: "k", value: [1, 2]))
    }
    try store.close()
    #expect(throws: ClientStoreFailure.unavailable) {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        try transaction.put(SettingRow(key: "k", value: []))
      }
    }
    let again = try home.open(creating: false)
    let row = try again.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.setting(key: "k")
    }
    #expect(row == SettingRow(key: "k", value: [1, 2]))
  }

  @Test func failureOfTheCommitLeavesNoTrace() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    let observer = RefusingObserver()
    store.queue.add(transactionObserver: observer)
    #expect(throws: ClientStoreFailure.unavailable) {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        try transaction.put(SettingRow(key: "k", value: [1]))
        _ = try transaction.append(EventRow(at: Instant(milliseconds: 1), address: "a", body: []))
      }
    }
    store.queue.remove(transactionObserver: observer)
    let found = try store.transact { (transaction) throws(ClientStoreFailure) in
      (try transaction.setting(key: "k"), try transaction.eventHead())
    }
    #expect(found.0 == nil)
    #expect(found.1 == 0)
  }

  @Test func fullDiskIsTypedAndLeavesNoTrace() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.queue.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
    }
    #expect(throws: ClientStoreFailure.full) {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        try transaction.put(SettingRow(key: "small", value: [1]))
        try transaction.put(SettingRow(key: "large", value: Array(repeating: 1, count: 100_000)))
      }
    }
    let row = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.setting(key: "small")
    }
    #expect(row == nil)
  }

  @Test(arguments: [
    "phase = 'lost'", "address = x'ff'", "device_id = -1", "device_id = 4294967296",
  ])
  func rowsOfAnotherMindAreRefused(change: String) throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(
        AccountRow(
          address: "a@x.example", accountID: [1], deviceID: 1, phase: .registered, invite: "",
          secrets: Secret([]), manifest: [], inboxCursor: 0,
          createdAt: Instant(milliseconds: 0)))
    }
    try store.queue.write { try $0.execute(sql: "UPDATE account SET \(change)") }
    #expect(throws: ClientStoreFailure.corrupt("account")) {
      try store.transact { (transaction) throws(ClientStoreFailure) in try transaction.account() }
    }
  }

  @Test func queriesOfTheHotPathsUseIndexes() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    let wanted = [
      (
        "message WHERE conversation_id = x'' AND seq < 5 ORDER BY seq DESC",
        "message_by_conversation"
      ),
      (
        "message WHERE conversation_id = x'' AND message_id = x'01' AND length(message_id) > 0",
        "message_by_id"
      ),
      (
        "message WHERE conversation_id = x'' AND state = 'received' AND seq <= 9 ORDER BY seq",
        "message_unseen"
      ),
      (
        "outbox WHERE conversation_id = x'' AND phase IN ('queued') ORDER BY id",
        "outbox_by_phase"
      ),
      ("outbox WHERE phase = 'stored' AND group_id = x'' AND log_seq <= 7", "outbox_stored"),
      ("receipt ORDER BY at, id", "receipt_by_time"),
    ]
    for (query, index) in wanted {
      let plan = try store.queue.write { database in
        try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN SELECT * FROM \(query)")
          .map { $0["detail"] as String }
      }
      #expect(plan.contains { $0.contains(index) }, "\(query): \(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(query): \(plan)")
    }
  }
}

/// Refuses every commit, as a disk that fails at the last moment does.
private final class RefusingObserver: TransactionObserver {
  struct Refusal: Error {}
  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseWillCommit() throws { throw Refusal() }
  func databaseDidCommit(_ database: Database) {}
  func databaseDidRollback(_ database: Database) {}
}
