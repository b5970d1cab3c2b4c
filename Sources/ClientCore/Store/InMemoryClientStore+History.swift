// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func historyRows() -> [HistoryRow] {
    historyRowsByLog.values.sorted { left, right in
      left.createdAt == right.createdAt
        ? left.logID.lexicographicallyPrecedes(right.logID) : left.createdAt < right.createdAt
    }
  }

  package mutating func put(_ row: HistoryRow) { historyRowsByLog[row.logID] = row }
  package mutating func removeHistoryRow(logID: [UInt8]) { historyRowsByLog[logID] = nil }

  package func origin(seq: UInt64) -> OriginRow? { originRows[seq] }
  package mutating func put(_ row: OriginRow) { originRows[row.seq] = row }

  package func messages(before: UInt64?, limit: Int) -> [MessageRow] {
    Array(messageRows[..<endOfMessages(below: before ?? .max)].suffix(max(0, limit)).reversed())
  }

  package func lowestLine(conversationID: [UInt8]?) -> UInt64? {
    guard let conversationID else { return messageRows.first?.seq }
    return messageRows.first { $0.conversationID == conversationID }?.seq
  }

  package func lineHead() -> UInt64 { messageHead }

  package mutating func leaveOutLines(upTo seq: UInt64) { messageHead = max(messageHead, seq) }

  package mutating func insertEarlier(_ row: MessageRow) throws(ClientStoreFailure) {
    guard row.seq >= 1, row.seq <= messageHead, message(seq: row.seq) == nil else {
      throw .corrupt("message")
    }
    messageRows.insert(row, at: endOfMessages(below: row.seq))
  }

  /// The index after the last line below `seq`.
  func endOfMessages(below seq: UInt64) -> Int {
    var (low, high) = (0, messageRows.count)
    while low < high {
      let middle = (low + high) / 2
      if messageRows[middle].seq < seq { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
