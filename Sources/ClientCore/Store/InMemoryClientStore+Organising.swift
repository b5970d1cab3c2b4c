// SPDX-License-Identifier: Apache-2.0

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
}
