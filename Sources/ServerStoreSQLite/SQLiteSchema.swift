// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The tables. Migrations are named, only ever appended, and never changed once released.
///
/// Bodies stand in tables in the order of their rowid: a body in a table that is ordered by log or
/// device would dirty another page with each row, and cost several times as much.
enum SQLiteSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("2026-11-accounts") { db in try db.execute(sql: accounts) }
    migrator.registerMigration("2026-11-logs") { db in try db.execute(sql: logs) }
    migrator.registerMigration("2026-11-blobs") { db in try db.execute(sql: blobs) }
    migrator.registerMigration("2026-11-parts") { db in try db.execute(sql: parts) }
    return migrator
  }

  private static let accounts = """
    CREATE TABLE account (
      id INTEGER PRIMARY KEY,
      address TEXT NOT NULL UNIQUE,
      manifest BLOB NOT NULL,
      manifest_hash BLOB NOT NULL,
      first_hash BLOB NOT NULL
    ) STRICT;
    CREATE TABLE device (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      device_id INTEGER NOT NULL,
      inbox_head INTEGER NOT NULL DEFAULT 0,
      inbox_entries INTEGER NOT NULL DEFAULT 0,
      inbox_bytes INTEGER NOT NULL DEFAULT 0,
      UNIQUE (account, device_id)
    ) STRICT;
    CREATE TABLE key_package (
      id INTEGER PRIMARY KEY,
      device INTEGER NOT NULL,
      hash BLOB NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (device, hash)
    ) STRICT;
    CREATE INDEX key_package_order ON key_package (device, id);
    CREATE TABLE spent_key_package (
      device INTEGER NOT NULL,
      hash BLOB NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (device, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX spent_key_package_until ON spent_key_package (until);
    CREATE TABLE last_resort (
      device INTEGER PRIMARY KEY,
      body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE inbox_body (
      id INTEGER PRIMARY KEY,
      body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE inbox_entry (
      device INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      body INTEGER NOT NULL,
      size INTEGER NOT NULL,
      accepted INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      PRIMARY KEY (device, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX inbox_entry_body ON inbox_entry (body);
    CREATE INDEX inbox_entry_expires ON inbox_entry (expires);
    """

  private static let logs = """
    CREATE TABLE log (
      id INTEGER PRIMARY KEY,
      log_id BLOB NOT NULL UNIQUE,
      head INTEGER NOT NULL,
      tail INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      entries INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      last_accepted INTEGER NOT NULL,
      idle_until INTEGER NOT NULL,
      created_epoch INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX log_idle ON log (idle_until);
    CREATE TABLE log_epoch (
      log INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      token_hash BLOB NOT NULL,
      begin INTEGER NOT NULL,
      cut_through INTEGER,
      cut_epoch INTEGER,
      ended INTEGER,
      PRIMARY KEY (log, epoch)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX log_epoch_ended ON log_epoch (ended) WHERE ended IS NOT NULL;
    CREATE TABLE entry (
      id INTEGER PRIMARY KEY,
      log INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      submit_id BLOB NOT NULL,
      accepted INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      size INTEGER NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (log, seq),
      UNIQUE (log, submit_id)
    ) STRICT;
    CREATE INDEX entry_expires ON entry (expires);
    CREATE TABLE seen (
      log INTEGER NOT NULL,
      submit_id BLOB NOT NULL,
      seq INTEGER NOT NULL,
      accepted INTEGER NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (log, submit_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX seen_until ON seen (until);
    CREATE TABLE group_info (
      log INTEGER PRIMARY KEY,
      epoch INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT;
    """

  private static let blobs = """
    CREATE TABLE blob (
      id INTEGER PRIMARY KEY,
      blob_id BLOB NOT NULL UNIQUE,
      account INTEGER NOT NULL,
      size INTEGER NOT NULL,
      token_hash BLOB NOT NULL,
      received INTEGER NOT NULL,
      complete INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX blob_account ON blob (account, size);
    CREATE INDEX blob_expires ON blob (expires);
    """
}
