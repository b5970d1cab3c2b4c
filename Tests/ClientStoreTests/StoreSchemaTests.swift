// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Crypto
import Foundation
import GRDB
import SansIO
import Testing

@testable import ClientStore

@Suite struct StoreSchemaTests {
  /// The SHA-256 of the statements of each migration. A line of this list is never changed.
  static let frozen = [
    ("1-first", "a36a91bbbcf8dcc09722621e841ebe6c3e6d9ac4df0969c3a9d2bd3236b2e030"),
    ("2-annotations", "52fd5030db7c7acec48a705bec3659857b968a5524854d4a9918e29c4bfed01c"),
    ("7-rooms", "33a52f7c852a95321452e17ede92fb65f24bfcb64e1569fb0fa7b349274ca8c7"),
    ("3-search", "d1a0ac9101e15613a9644f261fc344ee1928ef9ddb3f59f395e56f33bae6d1cc"),
    ("3-organising", "efd6664c7966780be6fcca8afc3e820bc12a35b7a8a79ab001cd4a28f06db883"),
    ("6-timers", "a5e4205cbdb841629786ceca1bbc92b3e4b674eec1b933107b80858883c98e3d"),
    ("11-joins", "9e53345296e0f8add853899eec858ead7870fe2d8b470cd1bd85751dce54ca27"),
    ("9-requests", "a44f9978665cfa9b1915fc1b760db9657b437cf17682f686f987d42bb76c8b7b"),
    ("8-attachments", "6336333220f598d5ce65472340e7e1831424ee769580f6da13027806546bfa2a"),
    ("12-pins", "c3f64084ab1f88ba3caa25273da42a1bb59753093c3371f7a4fddbf0f3f1cbcd"),
    ("12-kept-files", "29285f580bc0743f390bc4c0a4a58fcfe63a553302af59e156e7fe2310e6df82"),
    ("20-imports", "1dcd0d260e40cf78a34afa2543bffad138624353f3faaf35de9cc12bd0efb6d8"),
    ("14-own-devices", "8c4b72c63d33585f58ff4aeaeac22b928d9bec847194bc1905a22803e20daa04"),
    ("21-history", "5a9403838dc2562d6ca020a44e05becd02e2eb366c8e18002da8dd3f76a5576a"),
    ("25-keeping", "c682982293c1ead9e11927c631f88a8c4c690130c6f26e5ef5d59dac41ef117e"),
    ("30-history-grants", "fb06c6fe207a9946d0c8794957d54442fc746f5b952d5de696dd86b3a3940488"),
  ]

  @Test func releasedMigrationsAreNotChanged() {
    let found = StoreSchema.migrations.map { migration in
      migration.name + " " + Hex.encode(Array(SHA256.hash(data: Data(migration.sql.utf8))))
    }
    #expect(found.prefix(Self.frozen.count).elementsEqual(Self.frozen.map { "\($0.0) \($0.1)" }))
    #expect(found.count == Self.frozen.count, "freeze the new migration")
  }

  @Test func storeOfANewerProgramIsRefusedAndUntouched() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.queue.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99-from-the-future')")
    }
    try store.close()
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.tooNew) { try home.open() }
    #expect(try home.contents() == before)
  }

  /// A database as the first version left it, table by table and row by row.
  @Test func databaseOfTheFirstVersionIsRead() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.queue.write { database in
      for statement in Self.backToTheFirstVersion { try database.execute(sql: statement) }
      for row in Self.firstVersionRows { try database.execute(sql: "INSERT INTO \(row)") }
    }
    try store.close()
    let again = try home.open(creating: false)
    let found = try again.transact { (t) throws(ClientStoreFailure) in
      (
        try t.account(), try t.group(id: [4]), try t.epoch(groupID: [4], epoch: 1),
        try t.message(seq: 7), try t.outboxRow(submitID: [6]), try t.eventHead(),
        try t.subscriber(name: "a")?.cursor,
        try t.search(SearchQuery("hi"), before: nil, limit: 9)
      )
    }
    #expect(found.0?.address == "a")
    #expect(found.0?.inboxCursor == 3)
    #expect(found.0?.phase == .registered)
    #expect(found.1?.phase == .outOfStep)
    #expect(found.1?.cursor == nil)
    #expect(found.2?.ratchets == Secret([8]))
    #expect(found.2?.state == Secret([7]))
    #expect(found.3?.text == "hi")
    #expect(found.3?.logSeq == .max)
    #expect(found.3?.inReplyTo == [])
    #expect(found.3?.editedAt == nil)
    #expect(found.4?.phase == .protected)
    #expect(found.5 == 40)
    #expect(found.6 == 2)
    #expect(found.7.map(\.seq) == [7])
  }

  private static let backToTheFirstVersion = [
    "ALTER TABLE message DROP COLUMN in_reply_to", "ALTER TABLE message DROP COLUMN edited_at",
    "DROP TABLE annotation",
    "DROP TABLE timer",
    "DROP TABLE room", "DROP TABLE room_change", "DROP TABLE room_receipt",
    "DROP TABLE upload", "DROP TABLE kept_file", "DROP TABLE imported", "DROP TABLE own_record",
    "DROP TABLE history", "DROP TABLE origin",
    "DROP TABLE contact_request", "DROP TABLE block",
    "DROP TABLE join_link", "DROP TABLE knock", "DROP TABLE own_knock",
    "DROP TABLE search", "DROP INDEX message_by_time",
    "DROP TABLE arrangement", "DROP TABLE star", "DROP TABLE scheduled",
    "DELETE FROM grdb_migrations WHERE identifier <> '1-first'",
  ]

  private static let firstVersionRows = [
    "account VALUES (1, x'61', x'01', 1, 'registered', x'', x'02', x'03', -9223372036854775805, 5)",
    "mls_group VALUES (x'04', x'05', x'06', 'out-of-step', 0, -9223372036854775807,"
      + " -9223372036854775808, NULL, NULL, 0, 1, 0, NULL, 9)",
    "epoch VALUES (x'04', -9223372036854775807, x'07', NULL)",
    "ratchets VALUES (x'04', -9223372036854775807, x'08')",
    "message VALUES (7, x'05', x'01', x'61', 1, 'text', 'stored', x'', x'', x'6869', 1, x'04',"
      + " 9223372036854775807)",
    "outbox VALUES (3, x'05', 'message', x'01', x'', x'06', 'protected', x'04',"
      + " -9223372036854775807, x'09', -9223372036854775808, 1)",
    "event VALUES (40, 1, x'61', x'')",
    "subscriber VALUES (x'61', -9223372036854775806, 1)",
  ]
}
