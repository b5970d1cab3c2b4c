// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

extension EncryptedTransaction {
  package func append(_ row: MessageRow) throws(ClientStoreFailure) -> UInt64 {
    let seq = try insert(row)
    try index(row, as: seq)
    return seq
  }
  package func message(seq: UInt64) throws(ClientStoreFailure) -> MessageRow? {
    try row("WHERE seq = ?") { $0.ordinal(seq) }
  }
  package func message(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> MessageRow? {
    // The second condition is the one of the index, which SQLite would not use without it.
    try row("WHERE conversation_id = ? AND message_id = ? AND length(message_id) > 0") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }
  package func messages(
    conversationID: [UInt8], before: UInt64?, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    try rows("WHERE conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?") {
      $0.bytes(conversationID)
      $0.ordinal(before ?? .max)
      $0.limit(limit)
    }
  }
  package func unseenMessages(
    conversationID: [UInt8], upTo: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow] {
    let condition =
      "WHERE conversation_id = ? AND state = 'received' AND seq <= ? ORDER BY seq LIMIT ?"
    return try rows(condition) {
      $0.bytes(conversationID)
      $0.ordinal(upTo)
      $0.limit(limit)
    }
  }
  package func unseenCount(conversationID: [UInt8]) throws(ClientStoreFailure) -> Int {
    let sql =
      "SELECT count(*) FROM message WHERE conversation_id = ? AND state = 'received'"
    return Int(try integer(sql, on: "message") { $0.bytes(conversationID) } ?? 0)
  }
  package func update(_ row: MessageRow) throws(ClientStoreFailure) {
    guard let old = try message(seq: row.seq) else { throw .corrupt("message") }
    try replace(row)
    try reindex(old, as: row)
  }

  package func append(_ row: AnnotationRow) throws(ClientStoreFailure) -> UInt64 {
    try insert(row)
  }
  package func annotations(
    conversationID: [UInt8], kind: AnnotationRow.Kind
  ) throws(ClientStoreFailure) -> [AnnotationRow] {
    try rows("WHERE conversation_id = ? AND kind = ? ORDER BY seq") {
      $0.bytes(conversationID)
      $0.word(kind)
    }
  }
  package func annotations(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) -> [AnnotationRow] {
    try rows("WHERE conversation_id = ? AND message_id = ? ORDER BY seq") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }
  package func annotations(
    conversationID: [UInt8], target: [UInt8]
  ) throws(ClientStoreFailure) -> [AnnotationRow] {
    try rows("WHERE conversation_id = ? AND target = ? ORDER BY seq") {
      $0.bytes(conversationID)
      $0.bytes(target)
    }
  }
  package func update(_ row: AnnotationRow) throws(ClientStoreFailure) { try replace(row) }
  package func removeAnnotation(seq: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM annotation WHERE seq = ?", on: "annotation") { $0.ordinal(seq) }
  }

  package func append(_ row: OutboxRow) throws(ClientStoreFailure) -> UInt64 { try insert(row) }
  package func outboxRow(submitID: [UInt8]) throws(ClientStoreFailure) -> OutboxRow? {
    try row("WHERE submit_id = ?") { $0.bytes(submitID) }
  }
  package func outboxRows(
    conversationID: [UInt8], phases: [OutboxRow.Phase], limit: Int
  ) throws(ClientStoreFailure) -> [OutboxRow] {
    try rows("WHERE \(Self.inPhases(phases)) ORDER BY id LIMIT ?") {
      $0.bytes(conversationID)
      for phase in phases { $0.word(phase) }
      $0.limit(limit)
    }
  }
  package func outboxCount(
    conversationID: [UInt8], phases: [OutboxRow.Phase]
  ) throws(ClientStoreFailure) -> Int {
    let sql = "SELECT count(*) FROM outbox WHERE \(Self.inPhases(phases))"
    let count = try integer(sql, on: "outbox") {
      $0.bytes(conversationID)
      for phase in phases { $0.word(phase) }
    }
    return Int(count ?? 0)
  }
  package func update(_ row: OutboxRow) throws(ClientStoreFailure) { try replace(row) }
  package func removeOutboxRow(id: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM outbox WHERE id = ?", on: "outbox") { $0.ordinal(id) }
  }
  package func removeStoredOutboxRows(
    groupID: [UInt8], upTo: UInt64
  ) throws(ClientStoreFailure) {
    let sql = "DELETE FROM outbox WHERE phase = 'stored' AND group_id = ? AND log_seq <= ?"
    try run(sql, on: "outbox") {
      $0.bytes(groupID)
      $0.number(upTo)
    }
  }

  private static func inPhases(_ phases: [OutboxRow.Phase]) -> String {
    let marks = phases.map { _ in "?" }.joined(separator: ",")
    return "conversation_id = ? AND phase IN (\(marks))"
  }
}

extension EncryptedTransaction {
  package func put(_ row: ReceiptRow) throws(ClientStoreFailure) {
    // A receipt that says `read` is not taken back.
    var writer = RowWriter()
    row.write(to: &writer)
    let values = writer
    try run(ReceiptRow.sql.upsert + " WHERE receipt.state <> 'read'", on: "receipt") {
      $0 = values
    }
  }
  package func receipts(
    conversationID: [UInt8], limit: Int
  ) throws(ClientStoreFailure) -> [ReceiptRow] {
    try rows("WHERE conversation_id = ? ORDER BY at, message_id LIMIT ?") {
      $0.bytes(conversationID)
      $0.limit(limit)
    }
  }
  package func oldestReceipt() throws(ClientStoreFailure) -> ReceiptRow? {
    try row("ORDER BY at, id")
  }
  package func removeReceipt(
    conversationID: [UInt8], messageID: [UInt8]
  ) throws(ClientStoreFailure) {
    let sql = "DELETE FROM receipt WHERE conversation_id = ? AND message_id = ?"
    try run(sql, on: "receipt") {
      $0.bytes(conversationID)
      $0.bytes(messageID)
    }
  }

  package func append(_ row: EventRow) throws(ClientStoreFailure) -> UInt64 { try insert(row) }
  package func events(after seq: UInt64, limit: Int) throws(ClientStoreFailure) -> [EventRow] {
    try rows("WHERE seq > ? ORDER BY seq LIMIT ?") {
      $0.ordinal(seq)
      $0.limit(limit)
    }
  }
  package func update(_ row: EventRow) throws(ClientStoreFailure) { try replace(row) }
  package func eventHead() throws(ClientStoreFailure) -> UInt64 {
    // SQLite keeps the highest number that it ever gave, also after the rows are gone.
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
    guard let head = UInt64(exactly: try integer(sql, on: "event") ?? 0) else {
      throw .corrupt("event")
    }
    return head
  }
  package func removeEvents(upTo seq: UInt64) throws(ClientStoreFailure) {
    try run("DELETE FROM event WHERE seq <= ?", on: "event") { $0.ordinal(seq) }
  }

  package func subscriber(name: String) throws(ClientStoreFailure) -> SubscriberRow? {
    try row("WHERE name = ?") { $0.text(name) }
  }
  package func subscribers() throws(ClientStoreFailure) -> [SubscriberRow] {
    try rows("ORDER BY name")
  }
  package func put(_ row: SubscriberRow) throws(ClientStoreFailure) { try upsert(row) }

  package func setting(key: String) throws(ClientStoreFailure) -> SettingRow? {
    try row("WHERE key = ?") { $0.text(key) }
  }
  package func put(_ row: SettingRow) throws(ClientStoreFailure) { try upsert(row) }
}
