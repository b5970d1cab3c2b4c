// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import SansIO
import ServerCore
import ServerStoreConformance
import Testing

@testable import ServerStoreSQLite

/// A folder of its own for one test, deleted afterwards.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory
    .appending(path: "sotto-store-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String = "server.db") -> String { url.appending(path: name).path }
}

@Suite struct SQLiteServerStoreTests {
  @Test(arguments: StoreRule.allCases)
  func keeps(rule: StoreRule) throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteServerStore(path: folder.path())
    try rule.check(store)
    #expect(try store.isSound())
  }

  @Test func settingsAreTaken() throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteServerStore(path: folder.path())
    let settings = try store.pool.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "wal_autocheckpoint", "journal_size_limit"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)")
      }
    }
    #expect(settings == ["2", "wal", "16000", "134217728"])
    let relaxed = try SQLiteServerStore(path: folder.path("other.db"), durability: .normal)
    let value = try relaxed.pool.writeWithoutTransaction { db in
      try String.fetchOne(db, sql: "PRAGMA synchronous")
    }
    #expect(value == "1")
  }

  /// What was committed before a checkpoint beside the writer is in the database file itself, and
  /// the writer goes on.
  @Test func aCheckpointAsideFillsTheDatabase() throws {
    let folder = try TemporaryFolder()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    let page = try fixture.page(Rights.right(1, 0))
    func copied(_ name: String) throws -> ReadAnswer {
      try FileManager.default.copyItem(atPath: folder.path(), toPath: folder.path(name))
      let copy = StoreFixture(try SQLiteServerStore(path: folder.path(name)))
      defer { try? copy.store.close() }
      return try copy.store.read(
        .log(Rights.right(1, 0), .after(0), PageLimit(entries: 9, bytes: 9_999)),
        at: copy.now)
    }
    #expect(try copied("before.db") == .refused(.notFound))
    try fixture.store.checkpointAside()
    #expect(try copied("after.db") == .log(page))
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    #expect(try fixture.page(Rights.right(1, 0)).entries.count == 2)
    try fixture.store.close()
    #expect(throws: StoreFailure.unavailable) { try fixture.store.checkpointAside() }
    #expect(throws: StoreFailure.unavailable) { try fixture.store.checkpoint() }
  }

  @Test func reopeningKeepsEverything() throws {
    let folder = try TemporaryFolder()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    try fixture.makeLog(1)
    let message = fixture.message(Rights.right(1, 0))
    _ = try fixture.one(message)
    let page = try fixture.page(Rights.right(1, 0))
    try fixture.store.close()
    fixture.store = try SQLiteServerStore(path: folder.path())
    #expect(try fixture.page(Rights.right(1, 0)) == page)
    #expect(
      try fixture.one(message)
        == .appended(AppendReceipt(seq: 1, accepted: fixture.now, isDuplicate: true)))
  }

  /// The files as they are at the moment of the answer are what a killed process leaves behind.
  @Test func answeredIsInTheFiles() throws {
    let folder = try TemporaryFolder()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    try fixture.makeLog(1)
    for round in 1...20 {
      _ = try fixture.one(fixture.message(Rights.right(1, 0)))
      let copy = try TemporaryFolder()
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: folder.path() + suffix, toPath: copy.path() + suffix)
      }
      let survivor = StoreFixture(try SQLiteServerStore(path: copy.path()))
      #expect(try survivor.page(Rights.right(1, 0)).head == UInt64(round))
      #expect(try survivor.store.isSound())
    }
  }

  @Test func fullDiskRefusesWritesAndRecovers() throws {
    let folder = try TemporaryFolder()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    let pool = fixture.store.pool
    try pool.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 2)")
    }
    let large = fixture.message(Rights.right(1, 0), Array(repeating: 1, count: 90_000))
    let small = fixture.message(Rights.right(1, 0))
    #expect(throws: StoreFailure.unavailable) { try fixture.write(small, large) }
    #expect(try fixture.page(Rights.right(1, 0)).head == 1)
    // Acknowledgements and small requests still fit.
    #expect(try fixture.one(small).seq == 2)
    try pool.writeWithoutTransaction { db in
      _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = 1000000")
    }
    #expect(try fixture.one(large).seq == 3)
    #expect(try fixture.store.isSound())
  }

  @Test func newerDatabaseIsRefused() throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteServerStore(path: folder.path())
    try store.pool.write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('2099-01-from-the-future')")
    }
    try store.close()
    #expect(throws: SQLiteServerStore.OpenFailure.newerVersion) {
      try SQLiteServerStore(path: folder.path())
    }
  }

  @Test func interruptedMigrationIsResumed() throws {
    let folder = try TemporaryFolder()
    let queue = try DatabaseQueue(path: folder.path())
    try SQLiteSchema.migrator.migrate(queue, upTo: "2026-11-accounts")
    try queue.close()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    try fixture.makeLog(1)
    #expect(try fixture.one(fixture.message(Rights.right(1, 0))).seq == 1)
  }

  @Test func foreignFileIsRefused() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 7, count: 8_192).write(to: folder.url.appending(path: "server.db"))
    #expect(throws: SQLiteServerStore.OpenFailure.unavailable) {
      try SQLiteServerStore(path: folder.path())
    }
  }

  @Test func bodyOfAWelcomeIsStoredOnce() throws {
    let folder = try TemporaryFolder()
    var fixture = StoreFixture(try SQLiteServerStore(path: folder.path()))
    let accounts = try (1...4).map { try TestAccount("user\($0)", seed: UInt64($0)) }
    for account in accounts { _ = try fixture.one(.register(account.address, account.manifest)) }
    try fixture.makeLog(1)
    let welcome = CommitRequest.Welcome(devices: accounts.map { $0.key() }, body: [1, 2])
    _ = try fixture.one(fixture.commit(1, 0, welcomes: [welcome]))
    func bodies() throws -> Int? {
      try fixture.store.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM inbox_body") }
    }
    #expect(try bodies() == 1)
    for account in accounts.dropLast() {
      _ = try fixture.one(.acknowledgeInbox(account.key(), upTo: 1))
    }
    #expect(try bodies() == 1)
    _ = try fixture.one(.acknowledgeInbox(accounts[3].key(), upTo: 1))
    #expect(try bodies() == 0)
  }

  /// Every statement of the message path finds its rows by an index.
  @Test func nothingScansATable() throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteServerStore(path: folder.path())
    let statements = [
      "SELECT id FROM log WHERE log_id = x'00'",
      "SELECT 1 FROM log_epoch WHERE log = 1 AND epoch = 1",
      "SELECT seq FROM entry WHERE log = 1 AND submit_id = x'00'",
      "SELECT body FROM entry WHERE log = 1 AND seq > 1 AND seq <= 9 ORDER BY seq LIMIT 3",
      "SELECT log FROM entry WHERE expires <= 1 ORDER BY expires, id LIMIT 3",
      "SELECT id FROM log WHERE idle_until <= 1 AND entries = 0 ORDER BY idle_until, id LIMIT 3",
      "SELECT id FROM key_package WHERE device = 1 ORDER BY id LIMIT 1",
      "SELECT seq FROM inbox_entry WHERE device = 1 AND seq > 1 ORDER BY seq LIMIT 3",
      "SELECT log FROM seen WHERE until <= 1 ORDER BY until, log, submit_id LIMIT 3",
    ]
    for statement in statements {
      let plan = try store.pool.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + statement).map { $0["detail"] as String }
      }
      #expect(
        plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(statement): \(plan)")
    }
  }
}
