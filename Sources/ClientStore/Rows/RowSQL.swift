// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The statements of one table, written once from its columns, so that reading and writing cannot
/// disagree about their order.
struct RowSQL: Sendable {
  /// The table's name, for failures.
  let table: StaticName
  /// `SELECT` of all columns, without a condition.
  let select: String
  /// `INSERT` of all columns.
  let insert: String
  /// `INSERT` of all columns that replaces the row of the same key.
  let upsert: String
  /// `INSERT` of all columns but the first, whose value the store chooses.
  let append: String
  /// `UPDATE` of all columns but the first, of the row whose first column is the last argument.
  let update: String

  /// `key` is what makes a row the same row.
  init(_ table: StaticName, key: [String], columns: [String]) {
    self.table = table
    let rest = columns.dropFirst()
    let assigned = columns.filter { !key.contains($0) }
    func marks(_ count: Int) -> String {
      Array(repeating: "?", count: count).joined(separator: ",")
    }
    let list = columns.joined(separator: ",")
    select = "SELECT \(list) FROM \(table)"
    insert = "INSERT INTO \(table) (\(list)) VALUES (\(marks(columns.count)))"
    upsert =
      insert
      + " ON CONFLICT (\(key.joined(separator: ","))) DO UPDATE SET "
      + assigned.map { "\($0) = excluded.\($0)" }.joined(separator: ",")
    append =
      "INSERT INTO \(table) (\(rest.joined(separator: ","))) VALUES (\(marks(rest.count)))"
    update =
      "UPDATE \(table) SET \(rest.map { "\($0) = ?" }.joined(separator: ","))"
      + " WHERE \(columns[0]) = ?"
  }
}

/// A row type of the core, as this store keeps it.
protocol StoredRow {
  /// Its statements.
  static var sql: RowSQL { get }
  /// Reads the columns in their order.
  init(reading reader: inout RowReader) throws(ClientStoreFailure)
  /// Writes the columns in their order.
  func write(to writer: inout RowWriter)
}
