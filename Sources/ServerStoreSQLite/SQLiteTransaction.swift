// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Identity
import SansIO
import ServerCore

/// The rows of the store within one transaction of SQLite. Every statement is prepared once for
/// each connection and kept.
struct SQLiteTransaction: StoreTransaction {
  let db: Database
  /// Of a transaction that writes.
  var held: HeldLogs?

  /// Runs a statement that gives nothing.
  func run(_ sql: String, _ arguments: StatementArguments) throws(StoreFailure) {
    do {
      try db.cachedStatement(sql: sql).execute(arguments: arguments)
    } catch {
      throw StoreFailure(error)
    }
  }

  /// Runs a statement that deletes rows and gives their number.
  func delete(_ sql: String, _ arguments: StatementArguments) throws(StoreFailure) -> Int {
    try run(sql, arguments)
    return db.changesCount
  }

  /// Runs an insertion and gives the number of the new row.
  func insert(_ sql: String, _ arguments: StatementArguments) throws(StoreFailure) -> RowID {
    try run(sql, arguments)
    return RowID(rawValue: db.lastInsertedRowID)
  }

  /// Takes rows one by one until `body` gives `false`.
  func each(
    _ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Bool
  ) throws(StoreFailure) {
    do {
      let statement = try db.cachedStatement(sql: sql)
      let rows = try Row.fetchCursor(statement, arguments: arguments)
      while let row = try rows.next() {
        guard try body(row) else { return }
      }
    } catch {
      throw StoreFailure(error)
    }
  }

  /// All rows.
  func all<Value>(
    _ sql: String, _ arguments: StatementArguments, _ decode: (Row) throws -> Value
  ) throws(StoreFailure) -> [Value] {
    var values: [Value] = []
    try each(sql, arguments) { row in
      values.append(try decode(row))
      return true
    }
    return values
  }

  /// The first row.
  func first<Value>(
    _ sql: String, _ arguments: StatementArguments, _ decode: (Row) throws -> Value
  ) throws(StoreFailure) -> Value? {
    var value: Value?
    try each(sql, arguments) { row in
      value = try decode(row)
      return false
    }
    return value
  }
}

// SQLite has signed 64-bit numbers. Numbers above are bounded where they come in; one that is only
// looked up by becomes the highest there is, and finds nothing.

extension UInt64 {
  var stored: Int64 { Int64(clamping: self) }
}

extension Array where Element == UInt8 {
  var stored: Data { Data(self) }
}

extension FixedBytes {
  var stored: Data { Data(bytes) }
}

extension Row {
  // The tables are STRICT, so a column has the type that its table says.

  func number(_ index: Int) -> UInt64 { UInt64(clamping: self[index] as Int64) }

  func bytes(_ index: Int) -> [UInt8] { Array(self[index] as Data) }

  func instant(_ index: Int) -> Instant { Instant(milliseconds: self[index]) }

  func id(_ index: Int) -> RowID { RowID(rawValue: self[index]) }

  func fixed<Value: FixedBytes>(_ index: Int) throws -> Value {
    guard let value = Value(bytes(index)) else { throw StoreFailure.corrupt }
    return value
  }
}
