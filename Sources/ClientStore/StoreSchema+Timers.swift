// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// When lines disappear.
  static let timers = """
    CREATE TABLE timer (
      seq INTEGER PRIMARY KEY NOT NULL,
      timer BLOB NOT NULL,
      anchor INTEGER NOT NULL,
      deadline INTEGER,
      event_seq INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX timer_by_deadline ON timer (deadline, seq) WHERE deadline IS NOT NULL;
    CREATE INDEX timer_by_anchor ON timer (anchor, seq);
    """
}
