// SPDX-License-Identifier: Apache-2.0

extension StoreSchema {
  /// Which messages of a conversation are pinned is looked up without looking at all remarks.
  static let pins = """
    CREATE INDEX annotation_by_kind ON annotation (conversation_id, kind, seq);
    """
}
