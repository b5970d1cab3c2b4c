// SPDX-License-Identifier: Apache-2.0

import ClientCore
import GRDB
import SansIO

/// One open transaction of an `EncryptedClientStore`. It is of use only inside the body that it was
/// handed to. Statements are prepared once for each connection.
package struct EncryptedTransaction: ClientTransaction {
  let database: Database
  /// Whether something was destroyed that the log may still hold.
  var hasDestroyed = false

  init(database: Database) { self.database = database }

  /// Inserts the row, or replaces the one of the same key.
  func upsert<Value: StoredRow>(_ row: Value) throws(ClientStoreFailure) {
    var writer = RowWriter()
    row.write(to: &writer)
    try run(Value.sql.upsert, on: Value.sql.table, writer)
  }

  /// Inserts the row under a number of the store's choice; the row's own first column is ignored.
  func insert<Value: StoredRow>(_ row: Value) throws(ClientStoreFailure) -> UInt64 {
    var writer = RowWriter()
    row.write(to: &writer)
    try run(Value.sql.append, on: Value.sql.table, Array(writer.values.dropFirst()))
    return UInt64(database.lastInsertedRowID)
  }

  /// Inserts the row under its own first column; there must be none of the same key.
  func insertWhole<Value: StoredRow>(_ row: Value) throws(ClientStoreFailure) {
    var writer = RowWriter()
    row.write(to: &writer)
    try run(Value.sql.insert, on: Value.sql.table, writer)
  }

  /// Replaces the row whose first column is the same.
  ///
  /// - Throws: `corrupt` when there is none.
  func replace<Value: StoredRow>(_ row: Value) throws(ClientStoreFailure) {
    var writer = RowWriter()
    row.write(to: &writer)
    let values = Array(writer.values.dropFirst() + writer.values.prefix(1))
    try run(Value.sql.update, on: Value.sql.table, values)
    guard database.changesCount == 1 else { throw .corrupt(Value.sql.table) }
  }

  /// The rows that `condition`, the statement's end, asks for.
  func rows<Value: StoredRow>(
    _ condition: String, _ build: (inout RowWriter) -> Void = { _ in }
  ) throws(ClientStoreFailure) -> [Value] {
    var writer = RowWriter()
    build(&writer)
    var found: [Value] = []
    do {
      let statement = try database.cachedStatement(sql: Value.sql.select + " " + condition)
      let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(writer.values))
      while let row = try cursor.next() {
        var reader = RowReader(row, table: Value.sql.table)
        found.append(try Value(reading: &reader))
      }
    } catch {
      throw ClientStoreFailure(error, table: Value.sql.table)
    }
    return found
  }

  /// The one row that `condition` asks for, or the first.
  func row<Value: StoredRow>(
    _ condition: String, _ build: (inout RowWriter) -> Void = { _ in }
  ) throws(ClientStoreFailure) -> Value? {
    let found: [Value] = try rows(condition + " LIMIT 1", build)
    return found.first
  }

  /// Runs a statement that returns nothing.
  func run(
    _ sql: String, on table: StaticName, _ build: (inout RowWriter) -> Void
  ) throws(ClientStoreFailure) {
    var writer = RowWriter()
    build(&writer)
    try run(sql, on: table, writer)
  }

  /// One number; `nil` when there is no row or it is null.
  func integer(
    _ sql: String, on table: StaticName, _ build: (inout RowWriter) -> Void = { _ in }
  ) throws(ClientStoreFailure) -> Int64? {
    var writer = RowWriter()
    build(&writer)
    do {
      let statement = try database.cachedStatement(sql: sql)
      let arguments = StatementArguments(writer.values)
      return try Int64.fetchOne(statement, arguments: arguments)
    } catch {
      throw ClientStoreFailure(error, table: table)
    }
  }

  private func run(
    _ sql: String, on table: StaticName, _ writer: RowWriter
  ) throws(ClientStoreFailure) {
    try run(sql, on: table, writer.values)
  }

  private func run(
    _ sql: String, on table: StaticName, _ values: [DatabaseValue]
  ) throws(ClientStoreFailure) {
    do {
      let statement = try database.cachedStatement(sql: sql)
      try statement.execute(arguments: StatementArguments(values))
    } catch {
      throw ClientStoreFailure(error, table: table)
    }
  }
}
