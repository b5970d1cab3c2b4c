// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Where a line stands in its conversation: one that came by itself by its number, an imported one
/// where it would have stood.
struct LinePlace: Comparable {
  /// The number, or the place of an imported line.
  private let anchor: UInt64
  /// Of an imported line.
  private let imported: ImportedPlace?

  /// Of a line that came by itself, whether or not it is there.
  init(seq: UInt64) {
    anchor = seq
    imported = nil
  }

  init(_ row: ImportedRow) {
    anchor = row.place
    imported = row.key
  }

  /// Imported lines stand before the line of their place.
  static func < (left: LinePlace, right: LinePlace) -> Bool {
    if left.anchor != right.anchor { return left.anchor < right.anchor }
    switch (left.imported, right.imported) {
    case (let left?, let right?): return left < right
    case (.some, nil): return true
    case (nil, _): return false
    }
  }

  /// The number below which the lines that came by themselves are before this place.
  var genuineEnd: UInt64 { anchor }
  /// The number above which they are after this place.
  var genuineStart: UInt64 { imported == nil ? anchor : max(1, anchor) - 1 }
  /// The boundary among the imported lines.
  var importedBoundary: ImportedPlace { imported ?? .end(of: anchor) }
}

/// The order in which the lines of a conversation are read.
extension ClientStep {
  /// The place of the line of this number.
  func place(ofLine seq: UInt64) throws(ClientStoreFailure) -> LinePlace {
    if let row = try transaction.imported(seq: seq) { return LinePlace(row) }
    return LinePlace(seq: seq)
  }

  /// Lines of a conversation, the last one first, before the line of this number when given.
  func lines(
    of conversationID: [UInt8], before seq: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    var boundary: LinePlace?
    if let seq { boundary = try place(ofLine: seq) }
    let imported = try transaction.importedRows(
      conversationID: conversationID, before: boundary?.importedBoundary, limit: limit)
    // When there are enough of them, no line is wanted that stands before the first.
    let first = imported.count < limit ? nil : imported.last
    let genuine = try transaction.genuineMessages(
      conversationID: conversationID, before: boundary?.genuineEnd, notBelow: first?.place ?? 0,
      limit: limit)
    guard !imported.isEmpty else { return genuine }
    return try merged(genuine.reversed(), imported.reversed()).suffix(limit).reversed()
  }

  /// Lines of a conversation, the first one first, after the line of this number when given.
  func lines(
    of conversationID: [UInt8], after seq: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    var boundary: LinePlace?
    if let seq { boundary = try place(ofLine: seq) }
    let imported = try transaction.importedRows(
      conversationID: conversationID, after: boundary?.importedBoundary, limit: limit)
    let last = imported.count < limit ? nil : imported.last
    let genuine = try transaction.genuineMessages(
      conversationID: conversationID, after: boundary?.genuineStart ?? 0,
      upTo: last.map { $0.place - 1 } ?? .max, limit: limit)
    return Array(try merged(genuine, imported).prefix(limit))
  }

  /// Both in one order.
  private func merged(
    _ genuine: [MessageRow], _ imported: [ImportedRow]
  ) throws(ClientStoreFailure) -> [MessageRow] {
    var result: [MessageRow] = []
    var waiting = genuine[...]
    for row in imported {
      while let first = waiting.first, LinePlace(seq: first.seq) < LinePlace(row) {
        result.append(waiting.removeFirst())
      }
      guard let line = try transaction.message(seq: row.seq) else { throw .corrupt("imported") }
      result.append(line)
    }
    return result + waiting
  }

  /// Where a line that was said at this time belongs: behind the last line that came by itself and
  /// stands before the first later one.
  func importPlace(
    at time: Instant, in conversationID: [UInt8], _ cursor: ImportCursor
  ) throws(ClientStoreFailure) -> UInt64 {
    var after = max(1, cursor.floor) - 1
    while after < cursor.ceiling {
      let rows = try transaction.genuineMessages(
        conversationID: conversationID, after: after, upTo: cursor.ceiling, limit: 100)
      for row in rows {
        if row.at > time { return after + 1 }
        after = row.seq
      }
      if rows.isEmpty { break }
    }
    return after + 1
  }
}
