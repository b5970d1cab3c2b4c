// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import GRDB
import SansIO

extension EncryptedTransaction {
  /// Lines that the index is asked for at a time when not all of them may be in the time wanted.
  private static let linesAtATime = 64

  package func search(
    _ query: SearchQuery, before: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    guard limit > 0, let expression = SearchIndexEntry.expression(of: query),
      let lines = try lines(in: query)
    else { return [] }
    let isTimed = query.since != nil || query.until != nil
    let wanted = isTimed ? max(limit, Self.linesAtATime) : limit
    var below = min(before ?? .max, lines.upperBound)
    var found: [MessageRow] = []
    while found.count < limit {
      let seqs = try ordinals(
        "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ?"
          + " ORDER BY rowid DESC LIMIT ?"
      ) {
        $0.words(expression)
        $0.ordinal(lines.lowerBound)
        $0.ordinal(below)
        $0.limit(wanted)
      }
      for seq in seqs {
        guard let row = try message(seq: seq) else { throw .corrupt("search") }
        if query.isInTime(row.at), found.count < limit { found.append(row) }
      }
      guard seqs.count == wanted, let last = seqs.last else { break }
      below = last
    }
    return found
  }

  /// The lines among which all of the wanted time are; `nil` when there are none.
  private func lines(in query: SearchQuery) throws(ClientStoreFailure) -> Range<UInt64>? {
    guard query.since != nil || query.until != nil else { return 0..<UInt64.max }
    let since = query.since ?? Instant(milliseconds: .min)
    var last = Instant(milliseconds: .max)
    if let until = query.until {
      guard until.milliseconds > .min else { return nil }
      last = Instant(milliseconds: until.milliseconds - 1)
    }
    func bound(_ function: String) throws(ClientStoreFailure) -> Int64? {
      try integer(
        "SELECT \(function)(seq) FROM message WHERE at BETWEEN ? AND ?", on: "message"
      ) {
        $0.instant(since)
        $0.instant(last)
      }
    }
    guard let low = try bound("min"), let high = try bound("max"),
      let first = UInt64(exactly: low), let end = UInt64(exactly: high)
    else { return nil }
    return first..<(end + 1)
  }

  private func ordinals(
    _ sql: String, _ build: (inout RowWriter) -> Void
  ) throws(ClientStoreFailure) -> [UInt64] {
    var writer = RowWriter()
    build(&writer)
    do {
      let statement = try database.cachedStatement(sql: sql)
      return try Int64.fetchAll(statement, arguments: StatementArguments(writer.values))
        .map { UInt64($0) }
    } catch {
      throw ClientStoreFailure(error, table: "search")
    }
  }

  /// A line has come.
  func index(_ row: MessageRow, as seq: UInt64) throws(ClientStoreFailure) {
    if let entry = SearchIndexEntry(row, as: seq) { try addToIndex(entry) }
  }

  /// A line has changed. Most changes are of its state, which the index does not know.
  func reindex(_ old: MessageRow, as row: MessageRow) throws(ClientStoreFailure) {
    let isSame =
      old.isSearchable == row.isSearchable && old.conversationID == row.conversationID
      && old.sender.utf8.elementsEqual(row.sender.utf8)
      && old.text.utf8.elementsEqual(row.text.utf8)
    guard !isSame else { return }
    if let entry = SearchIndexEntry(old, as: row.seq) {
      let sql = "INSERT INTO search (search, rowid, terms, scope) VALUES ('delete', ?, ?, ?)"
      try run(sql, on: "search") { entry.write(to: &$0) }
    }
    try index(row, as: row.seq)
  }

  func addToIndex(_ entry: SearchIndexEntry) throws(ClientStoreFailure) {
    try run("INSERT INTO search (rowid, terms, scope) VALUES (?, ?, ?)", on: "search") {
      entry.write(to: &$0)
    }
  }
}
