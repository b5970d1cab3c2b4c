// SPDX-License-Identifier: Apache-2.0

extension SQLiteSchema {
  static let parts = """
    CREATE TABLE part (
      id INTEGER PRIMARY KEY,
      log INTEGER NOT NULL,
      part_id BLOB NOT NULL,
      kept INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      size INTEGER NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (log, part_id)
    ) STRICT;
    CREATE INDEX part_kept ON part (log) WHERE kept = 1;
    CREATE INDEX part_expires ON part (expires) WHERE kept = 0;
    """
}
