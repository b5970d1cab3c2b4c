// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientStore

/// The index of words: what it finds, and what is left of it.
@Suite struct SearchTests {
  /// Pieces of texts and queries, many of them operators of FTS5 or hard to cut into words.
  private static let pieces = [
    "hello", "Hel", "HÉLLO", "he\u{301}llo", "Ångström", "straße", "東京タワー", "京", "สวัสดี", "👍",
    "👍🏽", "❤️", "\"", "\"\"", "*", "AND", "OR", "NOT", "NEAR(", "(", ")", ":", "^", "-", "+",
    "{terms}",
    "terms:", "scope : c", "\u{0}", "'", "it's", "a", "ab", "abc", "abcd", "100", "ﬁ", "İstanbul",
    "ΣΑΣ", "σας", "नमस्ते", "\u{200D}", "\u{202E}", "한국", "\u{1112}\u{1161}\u{11AB}", "\u{FFFF}", "𝒳",
    String(repeating: "x", count: 70), String(repeating: "x", count: 64), "10.0.0.1",
  ]

  private static func text(_ generator: inout SeededGenerator, _ most: Int) -> String {
    (0..<Int.random(in: 0...most, using: &generator)).map { _ in
      pieces[Int.random(in: 0..<pieces.count, using: &generator)]
        + (generator.chance(1, in: 3) ? "" : " ")
    }.joined()
  }

  private static func query(_ generator: inout SeededGenerator) -> SearchQuery {
    var query = SearchQuery(text(&generator, 3))
    if generator.chance(1, in: 4) {
      query.conversationID = [UInt8.random(in: 0..<4, using: &generator)]
    }
    if generator.chance(1, in: 4) {
      query.sender = "p\(UInt8.random(in: 0..<4, using: &generator))"
    }
    if generator.chance(1, in: 4) {
      query.since = Instant(milliseconds: Int64.random(in: -2...60, using: &generator))
    }
    if generator.chance(1, in: 4) {
      query.until = Instant(milliseconds: Int64.random(in: -2...60, using: &generator))
    }
    return query
  }

  private static func row(_ generator: inout SeededGenerator) -> MessageRow {
    MessageRow(
      conversationID: [UInt8.random(in: 0..<4, using: &generator)], messageID: [],
      sender: "p\(UInt8.random(in: 0..<4, using: &generator))", own: false,
      kind: generator.chance(1, in: 6) ? .deleted : .text, state: .seen, failure: "", content: [],
      text: text(&generator, 6), at: Instant(milliseconds: .random(in: 0..<60, using: &generator)),
      groupID: [], logSeq: 0)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func bothStoresFindTheSame(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let home = try TemporaryHome()
    var store = try home.open()
    var memory = InMemoryClientStore()
    var hits = 0
    for round in 0..<40 {
      var changes: [MessageRow] = []
      for _ in 0..<20 {
        var row = Self.row(&generator)
        if generator.chance(1, in: 3) { row.seq = .random(in: 1...400, using: &generator) }
        changes.append(row)
      }
      let rows = changes
      try memory.transact { (t) throws(ClientStoreFailure) in try Self.apply(rows, &t) }
      try store.transact { (t) throws(ClientStoreFailure) in try Self.apply(rows, &t) }
      for _ in 0..<30 {
        let query = Self.query(&generator)
        let before: UInt64? =
          generator.chance(1, in: 3) ? .random(in: 0...500, using: &generator) : nil
        let limit = Int.random(in: 0...9, using: &generator)
        let expected = memory.committed.search(query, before: before, limit: limit)
        let found = try store.transact { (t) throws(ClientStoreFailure) in
          try t.search(query, before: before, limit: limit)
        }
        hits += found.count
        #expect(found == expected, "seed \(seed), round \(round), \(query)")
        if found != expected { return }
      }
      if round == 20 {
        try store.close()
        store = try home.open(creating: false)
      }
    }
    #expect(hits > 300, "the queries find something")
  }

  private static func apply(
    _ rows: [MessageRow], _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    for row in rows {
      if row.seq == 0 {
        _ = try t.append(row)
      } else if try t.message(seq: row.seq) != nil {
        try t.update(row)
      }
    }
  }

  @Test func nothingIsLeftOfWhatWasDeleted() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    var generator = SeededGenerator(seed: 9)
    let canary = "kestrelcanary"
    for page in 0..<20 {
      try store.transact { (t) throws(ClientStoreFailure) in
        for line in 0..<40 {
          var row = Self.row(&generator)
          row.kind = .text
          row.text += " word\(UInt16.random(in: 0...UInt16.max, using: &generator))"
          if line == page { row.text += " \(canary) says" }
          _ = try t.append(row)
        }
      }
    }
    let query = SearchQuery(canary)
    let found = try store.transact { (t) throws(ClientStoreFailure) in
      try t.search(query, before: nil, limit: 100)
    }
    #expect(found.count == 20)
    #expect(try Self.tables(of: store, holding: canary).contains("search_data"))
    #expect(try Self.terms(of: store).contains(canary))
    // Half are deleted, half are changed.
    for (index, row) in found.enumerated() {
      var row = row
      row.text = index.isMultiple(of: 2) ? "" : "something else"
      row.kind = index.isMultiple(of: 2) ? .deleted : .text
      let changed = row
      try store.transact { (t) throws(ClientStoreFailure) in try t.update(changed) }
    }
    #expect(
      try store.transact { (t) throws(ClientStoreFailure) in
        try t.search(query, before: nil, limit: 100)
      } == [])
    #expect(try Self.tables(of: store, holding: canary) == [])
    #expect(try Self.tables(of: store, holding: "kestrel") == [])
    #expect(try Self.terms(of: store).filter { $0.hasPrefix("kes") } == [])
    try store.queue.write {
      try $0.execute(sql: "INSERT INTO search (search) VALUES ('integrity-check')")
    }
  }

  /// The tables, those of the index among them, in which a value has this text.
  private static func tables(
    of store: EncryptedClientStore, holding text: String
  ) throws -> [String] {
    try store.queue.read { database in
      let names = try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search'")
      return try names.filter { name in
        try Row.fetchAll(database, sql: "SELECT * FROM \"\(name)\"").contains { row in
          row.databaseValues.contains { value in
            switch value.storage {
            case .blob(let data): data.range(of: Data(text.utf8)) != nil
            case .string(let string): string.contains(text)
            default: false
            }
          }
        }
      }
    }
  }

  private static func terms(of store: EncryptedClientStore) throws -> [String] {
    try store.queue.write { database in
      try database.execute(
        sql: "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')")
      defer { try? database.execute(sql: "DROP TABLE temp.words") }
      return try String.fetchAll(database, sql: "SELECT term FROM temp.words")
    }
  }

  @Test func textsFromBeforeTheIndexAreFound() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    var generator = SeededGenerator(seed: 3)
    try store.transact { (t) throws(ClientStoreFailure) in
      for _ in 0..<300 { _ = try t.append(Self.row(&generator)) }
    }
    let queries = (0..<40).map { _ in Self.query(&generator) }
    let expected = try queries.map { query in
      try store.transact { (t) throws(ClientStoreFailure) in
        try t.search(query, before: nil, limit: 1_000)
      }
    }
    try store.queue.write {
      try $0.execute(sql: "DROP TABLE search; DROP INDEX message_by_time")
      try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '3-search'")
    }
    try store.close()
    let again = try home.open(creating: false)
    let found = try queries.map { query in
      try again.transact { (t) throws(ClientStoreFailure) in
        try t.search(query, before: nil, limit: 1_000)
      }
    }
    #expect(found == expected)
    #expect(found.joined().count > 100)
  }
}
