// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// What groups agree on, and the changes of it that are wanted here.
  static let rooms = """
    CREATE TABLE room (
      conversation_id BLOB PRIMARY KEY NOT NULL,
      state BLOB NOT NULL
    ) STRICT;
    CREATE TABLE room_change (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id BLOB NOT NULL,
      change BLOB NOT NULL,
      invitees BLOB NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE room_receipt (
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      member BLOB NOT NULL,
      state TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (conversation_id, message_id, member)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX room_change_by_conversation ON room_change (conversation_id, id);
    """
}
