// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Drafts, stars, texts that are to be sent at a time, and conversations that are muted, put
  /// away, pinned or marked unread.
  static let organising = """
    CREATE TABLE arrangement (
      conversation_id BLOB PRIMARY KEY NOT NULL,
      draft BLOB NOT NULL,
      muted_until INTEGER,
      archived INTEGER NOT NULL,
      pinned_at INTEGER,
      marked_unread INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE star (
      seq INTEGER PRIMARY KEY NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE scheduled (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      address BLOB NOT NULL,
      text BLOB NOT NULL,
      at INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    """
}
