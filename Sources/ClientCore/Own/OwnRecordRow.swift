// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A value that own devices share. Key: `key`.
package struct OwnRecordRow: Equatable, Sendable {
  /// An encoded `OwnKey`.
  package var key: [UInt8]
  /// What all own devices have that have read as far.
  package var value: [UInt8]
  /// Where that counts from.
  package var place: OwnPlace
  /// What was changed here and has no place of its own yet; it holds here until it has.
  package var local: [UInt8]?

  /// Makes the row.
  package init(key: [UInt8], value: [UInt8], place: OwnPlace, local: [UInt8]? = nil) {
    self.key = key
    self.value = value
    self.place = place
    self.local = local
  }

  /// What holds on this device.
  var effective: [UInt8] { local ?? value }
}

/// The part of a transaction that concerns what own devices share.
package protocol ClientOwnTransaction {
  /// The value of this key.
  func ownRecord(key: [UInt8]) throws(ClientStoreFailure) -> OwnRecordRow?
  /// Values by `key` in byte order, above `after` when given.
  func ownRecords(
    after: [UInt8]?, limit: Int
  ) throws(ClientStoreFailure) -> [OwnRecordRow]
  /// Values with a `local` one, by `key` in byte order.
  func changedOwnRecords(limit: Int) throws(ClientStoreFailure) -> [OwnRecordRow]
  /// How many there are.
  func ownRecordCount() throws(ClientStoreFailure) -> Int
  /// Inserts or replaces a value.
  mutating func put(_ row: OwnRecordRow) throws(ClientStoreFailure)
}
