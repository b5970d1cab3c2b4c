// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func room(conversationID: [UInt8]) -> RoomRow? { roomRows[conversationID] }
  package mutating func put(_ row: RoomRow) { roomRows[row.conversationID] = row }

  package mutating func append(_ row: RoomChangeRow) -> UInt64 {
    var row = row
    roomChangeHead += 1
    row.id = roomChangeHead
    roomChangeRows.append(row)
    return row.id
  }

  package func roomChanges(conversationID: [UInt8]) -> [RoomChangeRow] {
    roomChangeRows.filter { $0.conversationID == conversationID }
  }

  package mutating func update(_ row: RoomChangeRow) throws(ClientStoreFailure) {
    guard let index = roomChangeRows.firstIndex(where: { $0.id == row.id }) else {
      throw .corrupt("room change")
    }
    roomChangeRows[index] = row
  }

  package mutating func put(_ row: RoomReceiptRow) {
    roomReceiptRows.removeAll {
      $0.conversationID == row.conversationID && $0.messageID == row.messageID
        && $0.member == row.member
    }
    roomReceiptRows.append(row)
  }

  package func roomReceipts(conversationID: [UInt8], messageID: [UInt8]) -> [RoomReceiptRow] {
    roomReceiptRows
      .filter { $0.conversationID == conversationID && $0.messageID == messageID }
      .sorted { $0.member.utf8.lexicographicallyPrecedes($1.member.utf8) }
  }

  package mutating func removeRoomChange(id: UInt64) { roomChangeRows.removeAll { $0.id == id } }
}
