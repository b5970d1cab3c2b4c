// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func rooms(_ store: inout some ClientStore) throws {
    let (one, two) = (Sample.id(1, count: 16), Sample.id(2, count: 16))
    let at = Instant(milliseconds: 5)
    let ids = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(RoomRow(conversationID: one, state: [1, 0, 2]))
      try transaction.put(RoomRow(conversationID: one, state: [3]))
      var ids: [UInt64] = []
      for id in [one, two, one] {
        ids.append(
          try transaction.append(
            RoomChangeRow(conversationID: id, change: [0, 7], createdAt: at)))
      }
      try transaction.removeRoomChange(id: 3)
      ids.append(
        try transaction.append(RoomChangeRow(conversationID: one, change: [], createdAt: at)))
      return ids
    }
    try demandEqual(ids, [1, 2, 3, 4])
    let changed = RoomChangeRow(
      id: 4, conversationID: one, change: [1], invitees: [9, 0, 9], createdAt: at)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.update(changed)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.room(conversationID: one), try t.room(conversationID: two),
        try t.roomChanges(conversationID: one), try t.roomChanges(conversationID: two).map(\.id)
      )
    }
    try demandEqual(found.0, RoomRow(conversationID: one, state: [3]))
    try demand(found.1 == nil, "a room that is not there is not found")
    try demandEqual(
      found.2, [RoomChangeRow(id: 1, conversationID: one, change: [0, 7], createdAt: at), changed])
    try demandEqual(found.3, [2])
    let receipts = ["b", "a", "b"].enumerated().map { index, member in
      RoomReceiptRow(
        conversationID: one, messageID: [7], member: member, state: index == 2 ? .read : .delivered,
        at: at)
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in receipts { try transaction.put(row) }
    }
    let reported = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.roomReceipts(conversationID: one, messageID: [7]),
        try t.roomReceipts(conversationID: two, messageID: [7])
      )
    }
    try demandEqual(reported.0, [receipts[1], receipts[2]])
    try demandEqual(reported.1, [])
    let failure: Void? = try? read(&store) { (t) throws(ClientStoreFailure) in
      try t.update(RoomChangeRow(id: 3, conversationID: one, change: [], createdAt: at))
    }
    try demand(failure == nil, "updating a change that is not there is refused")
  }
}
