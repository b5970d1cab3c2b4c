// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

extension EncryptedTransaction {
  package func imported(seq: UInt64) throws(ClientStoreFailure) -> ImportedRow? {
    try row("WHERE seq = ?") { $0.ordinal(seq) }
  }
  package func put(_ row: ImportedRow) throws(ClientStoreFailure) { try upsert(row) }

  package func importedRows(
    conversationID: [UInt8], before: ImportedPlace?, limit: Int
  ) throws(ClientStoreFailure) -> [ImportedRow] {
    let order = "ORDER BY place DESC, at DESC, seq DESC LIMIT ?"
    guard let before else {
      return try rows("WHERE conversation_id = ? \(order)") {
        $0.bytes(conversationID)
        $0.limit(limit)
      }
    }
    return try rows("WHERE conversation_id = ? AND (place, at, seq) < (?, ?, ?) \(order)") {
      $0.bytes(conversationID)
      $0.place(before)
      $0.limit(limit)
    }
  }
  package func importedRows(
    conversationID: [UInt8], after: ImportedPlace?, limit: Int
  ) throws(ClientStoreFailure) -> [ImportedRow] {
    let order = "ORDER BY place, at, seq LIMIT ?"
    guard let after else {
      return try rows("WHERE conversation_id = ? \(order)") {
        $0.bytes(conversationID)
        $0.limit(limit)
      }
    }
    return try rows("WHERE conversation_id = ? AND (place, at, seq) > (?, ?, ?) \(order)") {
      $0.bytes(conversationID)
      $0.place(after)
      $0.limit(limit)
    }
  }

  package func genuineMessages(
    conversationID: [UInt8], before: UInt64?, notBelow: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    let condition =
      "WHERE conversation_id = ? AND seq < ? AND seq >= ? AND \(Self.isGenuine)"
      + " ORDER BY seq DESC LIMIT ?"
    return try rows(condition) {
      $0.bytes(conversationID)
      $0.ordinal(before ?? .max)
      $0.ordinal(notBelow)
      $0.limit(limit)
    }
  }
  package func genuineMessages(
    conversationID: [UInt8], after: UInt64, upTo: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    let condition =
      "WHERE conversation_id = ? AND seq > ? AND seq <= ? AND \(Self.isGenuine)"
      + " ORDER BY seq LIMIT ?"
    return try rows(condition) {
      $0.bytes(conversationID)
      $0.ordinal(after)
      $0.ordinal(upTo)
      $0.limit(limit)
    }
  }

  private static let isGenuine =
    "NOT EXISTS (SELECT 1 FROM imported WHERE imported.seq = message.seq)"
}

extension RowWriter {
  fileprivate mutating func place(_ place: ImportedPlace) {
    ordinal(place.place)
    instant(place.at)
    ordinal(place.seq)
  }
}
