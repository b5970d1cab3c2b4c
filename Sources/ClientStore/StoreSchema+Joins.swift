// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Links into groups that this device keeps, those who ask by them, and what this account asks.
  static let joins = """
    CREATE TABLE join_link (
      link_id BLOB PRIMARY KEY NOT NULL,
      conversation_id BLOB NOT NULL,
      since INTEGER NOT NULL,
      cursor INTEGER NOT NULL,
      announced_at INTEGER
    ) STRICT;
    CREATE TABLE knock (
      conversation_id BLOB NOT NULL,
      address BLOB NOT NULL,
      link_id BLOB NOT NULL,
      at INTEGER NOT NULL,
      certificate BLOB NOT NULL,
      state TEXT NOT NULL,
      seen_at INTEGER NOT NULL,
      PRIMARY KEY (conversation_id, address)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE own_knock (
      reference BLOB PRIMARY KEY NOT NULL,
      link BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      asked_at INTEGER
    ) STRICT;
    CREATE INDEX join_link_by_conversation ON join_link (conversation_id, link_id);
    """
}
