// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func organising(_ store: inout some ClientStore) throws {
    let one = ArrangementRow(
      conversationID: Sample.id(1, count: 16), draft: "begun\u{0}and not\nended",
      mutedUntil: Instant(milliseconds: .max), isArchived: true, pinnedAt: Sample.at(3),
      isMarkedUnread: true)
    let two = ArrangementRow(conversationID: Sample.id(2, count: 16))
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(ArrangementRow(conversationID: one.conversationID, draft: "earlier"))
      try transaction.put(two)
      try transaction.put(one)
      for seq: UInt64 in [4, 9, 2, 7] {
        try transaction.put(StarRow(seq: seq, at: Sample.at(Int64(seq))))
      }
      try transaction.put(StarRow(seq: 2, at: Sample.at(50)))
      try transaction.removeStar(seq: 7)
      try transaction.removeStar(seq: 8)
    }
    let rows = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.arrangement(conversationID: one.conversationID),
        try t.arrangement(conversationID: two.conversationID),
        try t.arrangement(conversationID: Sample.id(3, count: 16)),
      ]
    }
    try demandEqual(rows, [one, two, nil])
    let stars = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.stars(before: nil, limit: 9), try t.stars(before: 9, limit: 1),
        try t.stars(before: 2, limit: 9), try t.stars(before: nil, limit: 0),
        [try t.star(seq: 2), try t.star(seq: 7)].compactMap { $0 },
      ].map { $0.map { [Int64($0.seq), $0.at.milliseconds] } }
    }
    try demandEqual(
      stars, [[[9, 9], [4, 4], [2, 50]], [[4, 4]], [], [], [[2, 50]]])
  }

  func scheduled(_ store: inout some ClientStore) throws {
    func row(_ id: UInt64, _ at: Int64) -> ScheduledRow {
      ScheduledRow(
        id: id, address: "bob@x.example", text: "late\u{0}\(id)", at: Sample.at(at),
        createdAt: Sample.at(1))
    }
    let ids = try store.transact { (transaction) throws(ClientStoreFailure) in
      var ids: [UInt64] = []
      for (id, at) in [(1, 9), (2, 5), (3, 9), (4, 7)] as [(UInt64, Int64)] {
        ids.append(try transaction.append(row(id, at)))
      }
      try transaction.removeScheduled(id: 4)
      try transaction.removeScheduled(id: 4)
      try transaction.update(row(2, 11))
      ids.append(try transaction.append(row(5, 2)))
      return ids
    }
    try demandEqual(ids, [1, 2, 3, 4, 5])
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (try t.scheduled(), try t.scheduled(id: 4), try t.scheduled(id: 2))
    }
    try demandEqual(found.0, [row(5, 2), row(1, 9), row(3, 9), row(2, 11)])
    try demandEqual(found.1, nil)
    try demandEqual(found.2, row(2, 11))
    let failure: Void? = try? read(&store) { (t) throws(ClientStoreFailure) in
      try t.update(row(4, 1))
    }
    try demand(failure == nil, "updating a scheduled text that is not there is refused")
  }
}
