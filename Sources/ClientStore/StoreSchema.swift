// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The tables, as a list of named migrations. A migration that was released is never changed: a
/// later one changes what it made.
///
/// Text that a peer or a person chose is stored as bytes, because SQLite ends TEXT at a zero byte
/// and this store promises to give back what was put. 64-bit numbers that a peer or the server
/// chose are stored with the highest bit flipped, so that their order is SQLite's order; numbers
/// that the store chooses are stored as they are.
enum StoreSchema {
  /// Name and statements of each migration, oldest first.
  static let migrations: [(name: String, sql: String)] = [
    ("1-first", first), ("2-annotations", annotations),
    ("7-rooms", rooms),
    ("3-search", search),
    ("3-organising", organising),
    ("6-timers", timers),
    ("11-joins", joins),
    ("9-requests", contacts),
    ("8-attachments", uploads),
    ("12-pins", pins),
    ("12-kept-files", keptFiles),
    ("20-imports", imports),
    ("14-own-devices", own),
    ("21-history", history),
    ("25-keeping", keeping),
    ("30-history-grants", grants),
  ]

  /// Applies the migrations that the file has not seen yet, each in a transaction of its own.
  static func migrate(_ queue: DatabaseQueue) throws { try migrator.migrate(queue) }

  /// - Throws: `tooNew` when the file holds a migration that this program does not know.
  static func refuseNewer(_ database: Database) throws {
    if try migrator.hasBeenSuperseded(database) { throw StoreOpenFailure.tooNew }
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for migration in migrations {
      migrator.registerMigration(migration.name) { database in
        try database.execute(sql: migration.sql)
        if migration.name == "3-search" { try fillSearch(database) }
      }
    }
    return migrator
  }
}
