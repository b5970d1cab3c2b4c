// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Conversations that were not accepted yet, and who is blocked.
  static let contacts = """
    CREATE TABLE contact_request (
      conversation_id BLOB PRIMARY KEY NOT NULL,
      sender BLOB NOT NULL,
      at INTEGER NOT NULL,
      is_hidden INTEGER NOT NULL,
      dropped INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE block (
      address BLOB PRIMARY KEY NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    """
}
