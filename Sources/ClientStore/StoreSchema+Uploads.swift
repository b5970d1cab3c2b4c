// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Sealed files on their way to the server.
  static let uploads = """
    CREATE TABLE upload (
      blob_id BLOB PRIMARY KEY NOT NULL,
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      content BLOB NOT NULL,
      token BLOB NOT NULL,
      size INTEGER NOT NULL,
      phase TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX upload_message ON upload (conversation_id, message_id);
    CREATE INDEX upload_pending ON upload (created_at, blob_id) WHERE phase <> 'done';
    """
}
