// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Answers, edits, reactions, and what takes them back.
  static let annotations = """
    ALTER TABLE message ADD COLUMN in_reply_to BLOB NOT NULL DEFAULT x'';
    ALTER TABLE message ADD COLUMN edited_at INTEGER;
    CREATE TABLE annotation (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      target BLOB NOT NULL,
      sender BLOB NOT NULL,
      own INTEGER NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      failure BLOB NOT NULL,
      text BLOB NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX annotation_by_message ON annotation (conversation_id, message_id, seq);
    CREATE INDEX annotation_by_target ON annotation (conversation_id, target, seq);
    """
}
