// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// What own devices share.
  static let own = """
    CREATE TABLE own_record (
      key BLOB PRIMARY KEY NOT NULL,
      value BLOB NOT NULL,
      place BLOB NOT NULL,
      is_changed INTEGER NOT NULL,
      local BLOB NOT NULL
    ) STRICT;
    CREATE INDEX own_record_changed ON own_record (key) WHERE is_changed = 1;
    """
}
