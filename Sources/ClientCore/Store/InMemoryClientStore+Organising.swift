// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func arrangement(conversationID: [UInt8]) -> ArrangementRow? {
    arrangementRows[conversationID]
  }
  package mutating func put(_ row: ArrangementRow) { arrangementRows[row.conversationID] = row }

  package func star(seq: UInt64) -> StarRow? { starRows[seq] }
  package func stars(before: UInt64?, limit: Int) -> [StarRow] {
    let rows = starRows.values.filter { $0.seq < before ?? .max }
    return Array(rows.sorted { $0.seq > $1.seq }.prefix(max(0, limit)))
  }
  package mutating func put(_ row: StarRow) { starRows[row.seq] = row }
  package mutating func removeStar(seq: UInt64) { starRows[seq] = nil }

  package mutating func append(_ row: ScheduledRow) -> UInt64 {
    var row = row
    scheduledHead += 1
    row.id = scheduledHead
    scheduledRows[row.id] = row
    return row.id
  }
  package func scheduled(id: UInt64) -> ScheduledRow? { scheduledRows[id] }
  package func scheduled() -> [ScheduledRow] {
    scheduledRows.values.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
  }
  package mutating func update(_ row: ScheduledRow) throws(ClientStoreFailure) {
    guard scheduledRows[row.id] != nil else { throw .corrupt("scheduled") }
    scheduledRows[row.id] = row
  }
  package mutating func removeScheduled(id: UInt64) { scheduledRows[id] = nil }
}
