// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Lines that disappear and are kept by their author's consent; what is due is looked up without
  /// looking at these.
  static let keeping = """
    ALTER TABLE timer ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0;
    DROP INDEX timer_by_deadline;
    CREATE INDEX timer_by_end ON timer (deadline, seq) WHERE is_kept = 0;
    """
}
