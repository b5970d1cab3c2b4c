// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// History on its way between own devices, and lines that came so.
  static let history = """
    CREATE TABLE history (
      log_id BLOB PRIMARY KEY NOT NULL,
      role TEXT NOT NULL,
      device_id INTEGER NOT NULL,
      secret BLOB NOT NULL,
      phase TEXT NOT NULL,
      failure BLOB NOT NULL,
      since INTEGER,
      remaining INTEGER NOT NULL,
      below INTEGER NOT NULL,
      below_next INTEGER NOT NULL,
      number INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      cursor INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE origin (
      seq INTEGER PRIMARY KEY NOT NULL,
      origin TEXT NOT NULL
    ) STRICT;
    """
}
