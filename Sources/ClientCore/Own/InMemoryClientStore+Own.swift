// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func ownRecord(key: [UInt8]) -> OwnRecordRow? { ownRecordRows[key] }
  package func ownRecords(after: [UInt8]?, limit: Int) -> [OwnRecordRow] {
    let rows = ownRecordRows.values.filter { row in
      after.map { $0.lexicographicallyPrecedes(row.key) } ?? true
    }
    return Array(sorted(rows).prefix(max(0, limit)))
  }
  package func changedOwnRecords(limit: Int) -> [OwnRecordRow] {
    Array(sorted(ownRecordRows.values.filter { $0.local != nil }).prefix(max(0, limit)))
  }
  package func ownRecordCount() -> Int { ownRecordRows.count }
  package mutating func put(_ row: OwnRecordRow) { ownRecordRows[row.key] = row }

  private func sorted(_ rows: [OwnRecordRow]) -> [OwnRecordRow] {
    rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}
