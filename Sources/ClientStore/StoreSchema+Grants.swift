// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// History that members of groups hand over: in which conversation, to whom or by whom, and whose
  /// word a line is.
  static let grants = """
    ALTER TABLE history ADD COLUMN conversation_id BLOB NOT NULL DEFAULT x'';
    ALTER TABLE history ADD COLUMN peer BLOB NOT NULL DEFAULT x'';
    ALTER TABLE origin ADD COLUMN giver BLOB NOT NULL DEFAULT x'';
    """
}
