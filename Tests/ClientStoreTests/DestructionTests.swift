// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientCore
@testable import ClientStore

/// What was destroyed is in no page and no log. Pages are looked at in a file in clear, with the
/// same statements and settings: under the key nothing could be found anyway.
@Suite struct DestructionTests {
  /// A database in clear, in a directory that goes with it.
  private final class ClearStore {
    let home: TemporaryHome
    let queue: DatabaseQueue
    var path: String { home.root + "/clear.db" }

    init() throws {
      home = try TemporaryHome()
      var configuration = Configuration()
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      }
      queue = try DatabaseQueue(path: home.root + "/clear.db", configuration: configuration)
      try queue.writeWithoutTransaction { database in
        for setting in ["journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"] {
          try database.execute(sql: "PRAGMA \(setting)")
        }
      }
      try StoreSchema.migrate(queue)
    }

    func write(_ body: (inout EncryptedTransaction) throws -> Void) throws {
      try queue.write { database in
        var transaction = EncryptedTransaction(database: database)
        try body(&transaction)
      }
    }

    func emptyLog() throws {
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
    }

    /// How often the words stand in the file and its log.
    func count(_ words: String) throws -> Int {
      var found = 0
      for name in [path, path + "-wal"] {
        let data = try Data(contentsOf: URL(fileURLWithPath: name))
        var rest = data.startIndex..<data.endIndex
        while let range = data.range(of: Data(words.utf8), in: rest) {
          found += 1
          rest = range.upperBound..<data.endIndex
        }
      }
      return found
    }
  }

  private static let canary = "CANARY-4c1f-words-that-must-go"

  /// Messages of many lengths, every third of which is to go.
  private func fill(_ store: ClearStore, count: Int, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for number in 1...count {
      let padding = String(repeating: "x", count: Int.random(in: 0...6_000, using: &random))
      let words = number.isMultiple(of: 3) ? Self.canary : "ordinary"
      let text = words + padding + words
      try store.write { t in
        let content = Array((text + words).utf8)
        _ = try t.append(
          MessageRow(
            conversationID: [1], messageID: [1, UInt8(number >> 8), UInt8(number & 255)],
            sender: "a@x.example", own: false, kind: .text, state: .received, failure: "",
            content: content, text: text, at: Instant(milliseconds: Int64(number)), groupID: [],
            logSeq: UInt64(number)))
        // Earlier versions, votes and pins go with it.
        for kind in [AnnotationRow.Kind.edit, .vote, .pin, .keep] {
          _ = try t.append(
            AnnotationRow(
              conversationID: [1], messageID: [2, UInt8(number & 255)],
              target: [1, UInt8(number >> 8), UInt8(number & 255)], sender: "a@x.example",
              own: false, kind: kind, state: .seen, text: words, at: Instant(milliseconds: 1)))
        }
        _ = try t.append(
          EventRow(
            at: Instant(milliseconds: 1), address: "a@x.example",
            body: ClientEvent.Kind.messageEdited(
              messageID: [1, UInt8(number >> 8), UInt8(number & 255)], text: text, byPeer: true
            ).encoded))
        guard number.isMultiple(of: 3), let timer = MessageTimer("5s") else { return }
        try t.put(
          TimerRow(
            seq: UInt64(number), timer: timer, anchor: Instant(milliseconds: 0),
            deadline: Instant(milliseconds: 5_000), eventSeq: 0))
      }
    }
    try store.write { t in
      try t.put(
        ConversationRow(
          id: [1], address: "a@x.example", phase: .idle, generation: 0, restarts: 0,
          restartsSince: Instant(milliseconds: 0), createdAt: Instant(milliseconds: 0),
          lastActivityAt: Instant(milliseconds: 0)))
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func expiredMessagesLeaveNoTrace(seed: UInt64) throws {
    let store = try ClearStore()
    try fill(store, count: 120, seed: seed)
    try #require(try store.count(Self.canary) >= 40 * 5, "the search finds what is there")
    var core = ClientCore()
    var random = SeededGenerator(seed: seed)
    var hasDestroyed = false
    try store.write { t in
      _ = try core.apply([.tick], in: &t, at: Instant(milliseconds: 5_000), using: &random)
      hasDestroyed = t.hasDestroyed
    }
    #expect(hasDestroyed)
    try store.emptyLog()
    #expect(try store.count(Self.canary) == 0)
    #expect(try store.count("ordinary") > 0)
  }

  @Test func theEncryptedStoreEmptiesItsLogWhenItWasTold() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.put(SettingRow(key: "a", value: Array(repeating: 1, count: 20_000)))
    }
    try #require(try home.contents()["sotto.db-wal"]?.isEmpty == false)
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.put(SettingRow(key: "a", value: []))
      t.noteDestruction()
    }
    #expect(try home.contents()["sotto.db-wal"]?.isEmpty == true)
    // What is rolled back has destroyed nothing.
    #expect(throws: ClientStoreFailure.injected) {
      try store.transact { (t) throws(ClientStoreFailure) in
        t.noteDestruction()
        throw .injected
      }
    }
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.put(SettingRow(key: "a", value: [2]))
    }
    #expect(try home.contents()["sotto.db-wal"]?.isEmpty == false)
    #expect(
      try store.transact { (t) throws(ClientStoreFailure) in try t.setting(key: "a")?.value } == [2]
    )
  }
}
