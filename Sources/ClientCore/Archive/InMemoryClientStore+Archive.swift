// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func imported(seq: UInt64) -> ImportedRow? { importedRows[seq] }
  package mutating func put(_ row: ImportedRow) { importedRows[row.seq] = row }

  package func importedRows(
    conversationID: [UInt8], before: ImportedPlace?, limit: Int
  ) -> [ImportedRow] {
    let rows = imported(conversationID).filter { row in before.map { row.key < $0 } ?? true }
    return Array(rows.reversed().prefix(max(0, limit)))
  }

  package func importedRows(
    conversationID: [UInt8], after: ImportedPlace?, limit: Int
  ) -> [ImportedRow] {
    let rows = imported(conversationID).filter { row in after.map { $0 < row.key } ?? true }
    return Array(rows.prefix(max(0, limit)))
  }

  private func imported(_ conversationID: [UInt8]) -> [ImportedRow] {
    if importedRows.isEmpty { return [] }
    return importedRows.values.filter { $0.conversationID == conversationID }.sorted {
      $0.key < $1.key
    }
  }

  package func genuineMessages(
    conversationID: [UInt8], before: UInt64?, notBelow: UInt64, limit: Int
  ) -> [MessageRow] {
    Array(
      messageRows.reversed().lazy.filter {
        $0.seq < before ?? .max && $0.seq >= notBelow && $0.conversationID == conversationID
          && importedRows[$0.seq] == nil
      }.prefix(max(0, limit)))
  }

  package func genuineMessages(
    conversationID: [UInt8], after: UInt64, upTo: UInt64, limit: Int
  ) -> [MessageRow] {
    Array(
      messageRows.lazy.filter {
        $0.seq > after && $0.seq <= upTo && $0.conversationID == conversationID
          && importedRows[$0.seq] == nil
      }.prefix(max(0, limit)))
  }
}
