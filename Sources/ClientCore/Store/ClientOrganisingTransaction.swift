// SPDX-License-Identifier: Apache-2.0

/// The part of a transaction that concerns how the user arranges conversations and messages.
package protocol ClientOrganisingTransaction {
  /// What was arranged for this conversation.
  func arrangement(
    conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> ArrangementRow?
  /// Inserts or replaces what was arranged.
  mutating func put(_ row: ArrangementRow) throws(ClientStoreFailure)

  /// The star of this line.
  func star(seq: UInt64) throws(ClientStoreFailure) -> StarRow?
  /// Stars, highest `seq` first, below `before` when given.
  func stars(before: UInt64?, limit: Int) throws(ClientStoreFailure) -> [StarRow]
  /// Inserts or replaces a star.
  mutating func put(_ row: StarRow) throws(ClientStoreFailure)
  /// Removes a star; nothing happens when there is none.
  mutating func removeStar(seq: UInt64) throws(ClientStoreFailure)

  /// Appends a scheduled text, gives it the next `id` and returns that.
  mutating func append(_ row: ScheduledRow) throws(ClientStoreFailure) -> UInt64
  /// The scheduled text of this `id`.
  func scheduled(id: UInt64) throws(ClientStoreFailure) -> ScheduledRow?
  /// All scheduled texts, by `at`, then `id`.
  func scheduled() throws(ClientStoreFailure) -> [ScheduledRow]
  /// Replaces the row of the row's `id`.
  ///
  /// - Throws: `corrupt` when there is no such row.
  mutating func update(_ row: ScheduledRow) throws(ClientStoreFailure)
  /// Removes a scheduled text; nothing happens when there is none.
  mutating func removeScheduled(id: UInt64) throws(ClientStoreFailure)
}
