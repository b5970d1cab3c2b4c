// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Sealed files that stay on this device.
  static let keptFiles = """
    CREATE TABLE kept_file (
      blob_id BLOB NOT NULL,
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      size INTEGER NOT NULL,
      phase TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (blob_id, conversation_id, message_id)
    ) STRICT;
    CREATE INDEX kept_file_message ON kept_file (conversation_id, message_id);
    CREATE INDEX kept_file_order ON kept_file (
      phase, created_at, blob_id, conversation_id, message_id);
    """
}
