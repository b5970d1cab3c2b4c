// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import SansIO

/// The arguments of a statement, in order. Each method has its counterpart in `RowReader`.
struct RowWriter {
  private(set) var values: [DatabaseValue] = []

  mutating func bytes(_ bytes: [UInt8]) { values.append(Data(bytes).databaseValue) }
  mutating func text(_ text: String) { values.append(Data(text.utf8).databaseValue) }
  mutating func word(_ word: some RawRepresentable<String>) {
    values.append(word.rawValue.databaseValue)
  }
  /// Text that this store made, for SQLite to read.
  mutating func words(_ text: String) { values.append(text.databaseValue) }
  mutating func flag(_ flag: Bool) { values.append((flag ? 1 : 0).databaseValue) }
  mutating func small(_ number: UInt32) { values.append(Int64(number).databaseValue) }
  mutating func instant(_ instant: Instant) { values.append(instant.milliseconds.databaseValue) }
  mutating func instant(_ instant: Instant?) {
    values.append(instant.map(\.milliseconds.databaseValue) ?? .null)
  }

  /// The bytes of a secret. The copy is not overwritten: while the store is open, SQLite holds
  /// pages in clear as well, and a process that reads this memory can read the key itself.
  mutating func secret(_ secret: Secret) {
    values.append(unsafe secret.withUnsafeBytes { unsafe Data($0) }.databaseValue)
  }

  /// A number of 64 bits that somebody else chose, with its order kept.
  mutating func number(_ number: UInt64) {
    values.append(Int64(bitPattern: number ^ 1 << 63).databaseValue)
  }
  mutating func number(_ number: UInt64?) {
    if let number { self.number(number) } else { values.append(.null) }
  }

  /// A number that the store chose, or a bound for one: above the largest, the largest.
  mutating func ordinal(_ number: UInt64) {
    values.append(Int64(clamping: number).databaseValue)
  }

  /// A count of rows to return.
  mutating func limit(_ limit: Int) { values.append(max(0, limit).databaseValue) }
}
