// SPDX-License-Identifier: Apache-2.0

extension InMemoryClientTransaction {
  package func keptFiles(blobID: [UInt8]) -> [KeptFileRow] {
    keptFileRows.filter { $0.blobID == blobID }
  }

  package func keptFiles(conversationID: [UInt8], messageID: [UInt8]) -> [KeptFileRow] {
    keptFileRows.filter { $0.conversationID == conversationID && $0.messageID == messageID }
  }

  package func keptFiles(phase: KeptFileRow.Phase, limit: Int) -> [KeptFileRow] {
    Array(keptFileRows.filter { $0.phase == phase }.prefix(max(0, limit)))
  }

  package func keptFileTotal() -> KeptFileTotal {
    KeptFileTotal(
      count: keptFileRows.count, bytes: keptFileRows.reduce(0) { $0 + UInt64($1.size) })
  }

  package mutating func put(_ row: KeptFileRow) {
    remove(row)
    let place = keptFileRows.firstIndex { row.precedes($0) } ?? keptFileRows.endIndex
    keptFileRows.insert(row, at: place)
  }

  package mutating func remove(_ row: KeptFileRow) { keptFileRows.removeAll { $0.isSame(as: row) } }
}

extension KeptFileRow {
  fileprivate func isSame(as other: KeptFileRow) -> Bool {
    blobID == other.blobID && conversationID == other.conversationID
      && messageID == other.messageID
  }

  fileprivate func precedes(_ other: KeptFileRow) -> Bool {
    if createdAt != other.createdAt { return createdAt < other.createdAt }
    for (own, others) in [
      (blobID, other.blobID), (conversationID, other.conversationID),
      (messageID, other.messageID),
    ] where own != others {
      return own.lexicographicallyPrecedes(others)
    }
    return false
  }
}
