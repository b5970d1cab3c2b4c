// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Lines that came out of exports, and where they stand.
  static let imports = """
    CREATE TABLE imported (
      seq INTEGER PRIMARY KEY NOT NULL,
      conversation_id BLOB NOT NULL,
      place INTEGER NOT NULL,
      at INTEGER NOT NULL,
      forwarded INTEGER NOT NULL,
      files BLOB NOT NULL
    ) STRICT;
    CREATE INDEX imported_by_place ON imported (conversation_id, place, at, seq);
    """
}
