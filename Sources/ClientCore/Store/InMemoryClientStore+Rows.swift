// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryClientTransaction {
  package func epoch(groupID: [UInt8], epoch: UInt64) -> EpochRow? {
    epochRows[groupID]?.first { $0.epoch == epoch }
  }

  package func epochs(groupID: [UInt8]) -> [EpochRow] { epochRows[groupID] ?? [] }

  package mutating func put(_ row: EpochRow) {
    var rows = epochRows[row.groupID] ?? []
    rows.removeAll { $0.epoch == row.epoch }
    rows.insert(row, at: rows.firstIndex { $0.epoch > row.epoch } ?? rows.endIndex)
    epochRows[row.groupID] = rows
  }

  package mutating func updateRatchets(
    groupID: [UInt8], epoch: UInt64, ratchets: Secret
  ) throws(ClientStoreFailure) {
    guard var row = self.epoch(groupID: groupID, epoch: epoch) else { throw .corrupt("epoch") }
    row.ratchets = ratchets
    put(row)
  }

  package mutating func removeEpoch(groupID: [UInt8], epoch: UInt64) {
    epochRows[groupID]?.removeAll { $0.epoch == epoch }
  }

  package func pendingCommit(groupID: [UInt8]) -> PendingCommitRow? { pendingCommitRows[groupID] }
  package mutating func put(_ row: PendingCommitRow) { pendingCommitRows[row.groupID] = row }
  package mutating func removePendingCommit(groupID: [UInt8]) { pendingCommitRows[groupID] = nil }

  package mutating func append(_ row: MessageRow) -> UInt64 {
    var row = row
    messageHead += 1
    row.seq = messageHead
    messageRows.append(row)
    return row.seq
  }

  package func message(seq: UInt64) -> MessageRow? {
    let index = endOfMessages(below: seq)
    guard index < messageRows.count, messageRows[index].seq == seq else { return nil }
    return messageRows[index]
  }

  package func message(conversationID: [UInt8], messageID: [UInt8]) -> MessageRow? {
    messageRows.last { $0.messageID == messageID && $0.conversationID == conversationID }
  }

  package func messages(conversationID: [UInt8], before: UInt64?, limit: Int) -> [MessageRow] {
    Array(
      messageRows[..<endOfMessages(below: before ?? .max)].reversed().lazy.filter {
        $0.conversationID == conversationID
      }
      .prefix(limit))
  }

  package func search(_ query: SearchQuery, before: UInt64?, limit: Int) -> [MessageRow] {
    Array(
      messageRows[..<endOfMessages(below: before ?? .max)].reversed().lazy.filter {
        query.matches($0)
      }.prefix(max(0, limit)))
  }

  package func unseenMessages(
    conversationID: [UInt8], upTo: UInt64, limit: Int
  ) -> [MessageRow] {
    let end = endOfMessages(below: upTo == .max ? upTo : upTo + 1)
    return Array(
      messageRows[..<end].lazy.filter {
        $0.conversationID == conversationID && $0.state == .received
      }.prefix(limit))
  }

  package func unseenCount(conversationID: [UInt8]) -> Int {
    messageRows.count { $0.conversationID == conversationID && $0.state == .received }
  }

  package mutating func update(_ row: MessageRow) throws(ClientStoreFailure) {
    let index = endOfMessages(below: row.seq)
    guard index < messageRows.count, messageRows[index].seq == row.seq else {
      throw .corrupt("message")
    }
    messageRows[index] = row
  }

  package mutating func append(_ row: AnnotationRow) -> UInt64 {
    var row = row
    annotationHead += 1
    row.seq = annotationHead
    annotationRows.append(row)
    return row.seq
  }

  package func annotations(conversationID: [UInt8], messageID: [UInt8]) -> [AnnotationRow] {
    annotationRows.filter { $0.messageID == messageID && $0.conversationID == conversationID }
  }

  package func annotations(
    conversationID: [UInt8], kind: AnnotationRow.Kind
  ) -> [AnnotationRow] {
    annotationRows.filter { $0.conversationID == conversationID && $0.kind == kind }
  }
  package func annotations(conversationID: [UInt8], target: [UInt8]) -> [AnnotationRow] {
    annotationRows.filter { $0.target == target && $0.conversationID == conversationID }
  }

  package mutating func update(_ row: AnnotationRow) throws(ClientStoreFailure) {
    guard let index = annotationRows.firstIndex(where: { $0.seq == row.seq }) else {
      throw .corrupt("annotation")
    }
    annotationRows[index] = row
  }

  package mutating func removeAnnotation(seq: UInt64) {
    annotationRows.removeAll { $0.seq == seq }
  }
}

extension InMemoryClientTransaction {
  package mutating func append(_ row: OutboxRow) -> UInt64 {
    var row = row
    outboxHead += 1
    row.id = outboxHead
    outboxRows.append(row)
    return row.id
  }

  package func outboxRow(submitID: [UInt8]) -> OutboxRow? {
    outboxRows.first { $0.submitID == submitID }
  }

  package func outboxRows(
    conversationID: [UInt8], phases: [OutboxRow.Phase], limit: Int
  ) -> [OutboxRow] {
    Array(
      outboxRows.lazy.filter {
        $0.conversationID == conversationID && phases.contains($0.phase)
      }.prefix(limit))
  }

  package func outboxCount(conversationID: [UInt8], phases: [OutboxRow.Phase]) -> Int {
    outboxRows.count { $0.conversationID == conversationID && phases.contains($0.phase) }
  }

  package mutating func update(_ row: OutboxRow) throws(ClientStoreFailure) {
    guard let index = outboxRows.firstIndex(where: { $0.id == row.id }) else {
      throw .corrupt("outbox")
    }
    outboxRows[index] = row
  }

  package mutating func removeOutboxRow(id: UInt64) { outboxRows.removeAll { $0.id == id } }

  package mutating func removeStoredOutboxRows(groupID: [UInt8], upTo: UInt64) {
    outboxRows.removeAll {
      $0.phase == .stored && $0.groupID == groupID && $0.logSeq <= upTo
    }
  }

  package mutating func put(_ row: ReceiptRow) {
    let index = receiptRows.firstIndex {
      $0.messageID == row.messageID && $0.conversationID == row.conversationID
    }
    guard let index else { return receiptRows.append(row) }
    if receiptRows[index].state != .read { receiptRows[index] = row }
  }

  package func receipts(conversationID: [UInt8], limit: Int) -> [ReceiptRow] {
    let rows = receiptRows.filter { $0.conversationID == conversationID }
    let sorted = rows.sorted { left, right in
      if left.at != right.at { return left.at < right.at }
      return left.messageID.lexicographicallyPrecedes(right.messageID)
    }
    return Array(sorted.prefix(limit))
  }

  package func oldestReceipt() -> ReceiptRow? { receiptRows.min { $0.at < $1.at } }

  package mutating func removeReceipt(conversationID: [UInt8], messageID: [UInt8]) {
    receiptRows.removeAll { $0.messageID == messageID && $0.conversationID == conversationID }
  }

  package mutating func append(_ row: EventRow) -> UInt64 {
    var row = row
    eventSeq += 1
    row.seq = eventSeq
    eventRows.append(row)
    return row.seq
  }

  package func events(after seq: UInt64, limit: Int) -> [EventRow] {
    guard let first = eventRows.first?.seq, eventSeq > seq else { return [] }
    let start = seq < first ? 0 : Int(seq - first) + 1
    return Array(eventRows[start...].prefix(limit))
  }

  package mutating func update(_ row: EventRow) throws(ClientStoreFailure) {
    guard let index = eventRows.firstIndex(where: { $0.seq == row.seq }) else {
      throw .corrupt("event")
    }
    eventRows[index] = row
  }

  package func eventHead() -> UInt64 { eventSeq }
  package mutating func removeEvents(upTo seq: UInt64) { eventRows.removeAll { $0.seq <= seq } }

  package func subscriber(name: String) -> SubscriberRow? { subscriberRows[name] }
  package func subscribers() -> [SubscriberRow] {
    subscriberRows.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
  package mutating func put(_ row: SubscriberRow) { subscriberRows[row.name] = row }

  package func setting(key: String) -> SettingRow? { settingRows[key] }
  package mutating func put(_ row: SettingRow) { settingRows[row.key] = row }
}
