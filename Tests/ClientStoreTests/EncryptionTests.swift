// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientStore

@Suite struct EncryptionTests {
  @Test func settingsAreInForce() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    let wanted = [
      ("cipher_version", "4.18.0 community"), ("cipher_status", "1"), ("journal_mode", "wal"),
      ("synchronous", "2"), ("secure_delete", "1"), ("locking_mode", "exclusive"),
      ("cipher_log_level", "NONE"), ("trusted_schema", "0"), ("foreign_keys", "1"),
      // The file's format, which a later SQLCipher must go on reading.
      ("cipher_page_size", "4096"), ("cipher_hmac_algorithm", "HMAC_SHA512"),
      ("cipher_use_hmac", "1"), ("cipher_plaintext_header_size", "0"),
    ]
    for (name, value) in wanted {
      let found = try store.queue.writeWithoutTransaction { database in
        try Row.fetchOne(database, sql: "PRAGMA \(name)")?.first.map {
          "\($0.1.storage.value ?? "")"
        }
      }
      #expect(found == value, "\(name)")
    }
  }

  @Test func connectionWithoutAKeyIsRefused() throws {
    let queue = try DatabaseQueue()
    #expect(throws: StoreOpenFailure.notEncrypted) {
      try queue.writeWithoutTransaction { database in
        try Encryption.demand { try String.fetchOne(database, sql: $0) }
      }
    }
  }

  /// Another library than SQLCipher answers nothing to its pragmas, or has another version.
  @Test(
    arguments: [
      [nil, "1", "3.53.4"], ["3.4.1", "1", "3.53.4"], ["4.18.0", nil, "3.53.4"],
      ["4.18.0", "0", "3.53.4"], ["4.18.0", "1", "3.40.1"], ["", "1", "3.53.4"],
    ] as [[String?]])
  func libraryWithoutEncryptionIsRefused(answers: [String?]) {
    let pragmas = ["PRAGMA cipher_version", "PRAGMA cipher_status", "SELECT sqlite_version()"]
    #expect(throws: StoreOpenFailure.notEncrypted) {
      try Encryption.demand { question in
        pragmas.firstIndex(of: question).flatMap { answers[$0] }
      }
    }
  }

  @Test func databaseInClearIsRefusedAndUntouched() throws {
    let home = try TemporaryHome()
    try home.open().close()
    try FileManager.default.removeItem(atPath: home.database)
    do {
      let clear = try DatabaseQueue(path: home.database)
      try clear.write { try $0.execute(sql: "CREATE TABLE t (a)") }
      try clear.close()
    }
    let before = try home.contents()
    #expect(before["sotto.db"]?.prefix(16).elementsEqual(Encryption.clearHeader) == true)
    #expect(throws: StoreOpenFailure.notEncrypted) { try home.open() }
    #expect(try home.contents() == before)
  }

  @Test func nothingIsReadableInTheFiles() throws {
    let home = try TemporaryHome()
    let marker = "marker-\(UUID().uuidString)"
    let key = try home.bytes(home.keyFile)
    let store = try home.open()
    try store.transact { (transaction) throws(ClientStoreFailure) in
      _ = try transaction.append(
        MessageRow(
          conversationID: [1], messageID: Array(marker.utf8), sender: marker, own: true,
          kind: .text, state: .queued, failure: "", content: Array(marker.utf8),
          text: marker, at: Instant(milliseconds: 0), groupID: [], logSeq: 0))
      try transaction.put(SettingRow(key: marker, value: Array(repeating: 0x41, count: 20_000)))
    }
    func search(_ place: String) throws {
      let files = try home.contents()
      #expect(files["sotto.db"] != nil)
      for (name, bytes) in files {
        for needle in [marker, "CREATE TABLE", "AAAAAAAAAAAAAAAA", "SQLite format", "message"] {
          let found = Data(bytes).range(of: Data(needle.utf8))
          #expect(found == nil, "\(needle) is in \(name) \(place)")
        }
        #expect(Data(bytes).range(of: Data(key.prefix(32))) == nil)
      }
    }
    #expect(try home.contents()["sotto.db-wal"]?.isEmpty == false)
    try search("while open")
    try store.close()
    #expect(try home.contents()["sotto.db-wal"] == nil, "closing writes the log back")
    #expect(try home.contents()["sotto.db"]?.count ?? 0 > 20_000)
    try search("when closed")
  }
}
