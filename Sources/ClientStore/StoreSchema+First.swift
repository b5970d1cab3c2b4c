// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// The first migration, frozen. The ratchets have a table of their own, because each message
  /// replaces them and the rest of an epoch's state is many times larger.
  static let first = """
    CREATE TABLE account (
      slot INTEGER PRIMARY KEY CHECK (slot = 1),
      address BLOB NOT NULL,
      account_id BLOB NOT NULL,
      device_id INTEGER NOT NULL,
      phase TEXT NOT NULL,
      invite BLOB NOT NULL,
      secrets BLOB NOT NULL,
      manifest BLOB NOT NULL,
      inbox_cursor INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE key_package (
      reference BLOB PRIMARY KEY NOT NULL,
      bundle BLOB NOT NULL,
      last_resort INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE peer (
      address BLOB PRIMARY KEY NOT NULL,
      account_id BLOB NOT NULL,
      identity_key BLOB NOT NULL,
      manifest BLOB NOT NULL,
      manifest_version INTEGER NOT NULL,
      standing TEXT NOT NULL,
      offered_identity_key BLOB NOT NULL,
      manifest_wanted INTEGER NOT NULL,
      first_seen_at INTEGER NOT NULL,
      verified_at INTEGER
    ) STRICT;
    CREATE TABLE welcome (
      inbox_seq INTEGER PRIMARY KEY NOT NULL,
      body BLOB NOT NULL,
      accepted_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE conversation (
      id BLOB PRIMARY KEY NOT NULL,
      address BLOB NOT NULL UNIQUE,
      phase TEXT NOT NULL,
      generation INTEGER NOT NULL,
      restarts INTEGER NOT NULL,
      restarts_since INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      last_activity_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE mls_group (
      group_id BLOB PRIMARY KEY NOT NULL,
      conversation_id BLOB NOT NULL,
      routing_id BLOB NOT NULL,
      phase TEXT NOT NULL,
      generation INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      joined_epoch INTEGER NOT NULL,
      cursor INTEGER,
      last_path_at INTEGER,
      messages_since_path INTEGER NOT NULL,
      answering INTEGER NOT NULL,
      commit_attempts INTEGER NOT NULL,
      commit_retry_at INTEGER,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX mls_group_by_conversation ON mls_group (conversation_id, group_id);
    CREATE TABLE epoch (
      group_id BLOB NOT NULL,
      epoch INTEGER NOT NULL,
      state BLOB NOT NULL,
      retired_at INTEGER,
      PRIMARY KEY (group_id, epoch)
    ) STRICT;
    CREATE TABLE ratchets (
      group_id BLOB NOT NULL,
      epoch INTEGER NOT NULL,
      ratchets BLOB NOT NULL,
      PRIMARY KEY (group_id, epoch)
    ) STRICT;
    CREATE TABLE pending_commit (
      group_id BLOB PRIMARY KEY NOT NULL,
      epoch INTEGER NOT NULL,
      submit_id BLOB NOT NULL,
      reason TEXT NOT NULL,
      request BLOB NOT NULL,
      state BLOB NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE message (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      sender BLOB NOT NULL,
      own INTEGER NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      failure BLOB NOT NULL,
      content BLOB NOT NULL,
      text BLOB NOT NULL,
      at INTEGER NOT NULL,
      group_id BLOB NOT NULL,
      log_seq INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX message_by_conversation ON message (conversation_id, seq);
    CREATE UNIQUE INDEX message_by_id ON message (conversation_id, message_id)
      WHERE length(message_id) > 0;
    CREATE INDEX message_unseen ON message (conversation_id, seq) WHERE state = 'received';
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id BLOB NOT NULL,
      kind TEXT NOT NULL,
      message_id BLOB NOT NULL,
      content BLOB NOT NULL,
      submit_id BLOB NOT NULL UNIQUE,
      phase TEXT NOT NULL,
      group_id BLOB NOT NULL,
      epoch INTEGER NOT NULL,
      body BLOB NOT NULL,
      log_seq INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX outbox_by_phase ON outbox (conversation_id, phase, id);
    CREATE INDEX outbox_stored ON outbox (group_id, log_seq) WHERE phase = 'stored';
    CREATE TABLE receipt (
      id INTEGER PRIMARY KEY,
      conversation_id BLOB NOT NULL,
      message_id BLOB NOT NULL,
      state TEXT NOT NULL,
      at INTEGER NOT NULL,
      UNIQUE (conversation_id, message_id)
    ) STRICT;
    CREATE INDEX receipt_by_conversation ON receipt (conversation_id, at, message_id);
    CREATE INDEX receipt_by_time ON receipt (at, id);
    CREATE TABLE event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      address BLOB NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE subscriber (
      name BLOB PRIMARY KEY NOT NULL,
      cursor INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE setting (
      key BLOB PRIMARY KEY NOT NULL,
      value BLOB NOT NULL
    ) STRICT;
    """
}
