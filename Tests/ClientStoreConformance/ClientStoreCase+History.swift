// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func history(_ store: inout some ClientStore) throws {
    func row(_ name: UInt8, at milliseconds: Int64) -> HistoryRow {
      HistoryRow(
        logID: Sample.id(name, count: 32), role: .giver, deviceID: .max, secret: Secret([name]),
        phase: .active, failure: "x", since: Instant(milliseconds: 5), remaining: .max,
        below: 7, belowNext: .max, number: 3, messages: 4, missing: .max, cursor: 9,
        createdAt: Instant(milliseconds: milliseconds), conversationID: [name, 0], peer: "p")
    }
    var rows = [row(2, at: 1), row(1, at: 2), row(3, at: 2)]
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in rows.reversed() { try t.put(row) }
      rows[1].role = .taker
      rows[1].since = nil
      try t.put(rows[1])
      try t.removeHistoryRow(logID: rows[2].logID)
      try t.removeHistoryRow(logID: [9])
      try t.put(OriginRow(seq: 8, origin: .granted, giver: "g"))
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (try t.historyRows(), try t.origin(seq: 8), try t.origin(seq: 9))
    }
    try demandEqual(found.0, [rows[0], rows[1]])
    try demandEqual(found.1, OriginRow(seq: 8, origin: .granted, giver: "g"))
    try demand(found.2 == nil, "an origin that is not there is not found")
    try earlierLines(&store)
  }

  private func earlierLines(_ store: inout some ClientStore) throws {
    let (one, two) = (Sample.message(1, conversation: 1), Sample.message(2, conversation: 2))
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.leaveOutLines(upTo: 100)
      try t.leaveOutLines(upTo: 50)
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.lineHead() }, 100)
    let seq = try store.transact { (t) throws(ClientStoreFailure) in try t.append(one) }
    try demandEqual(seq, 101)
    var earlier = two
    earlier.seq = 100
    earlier.text = "earlier words"
    let line = earlier
    try store.transact { (t) throws(ClientStoreFailure) in try t.insertEarlier(line) }
    for taken: UInt64 in [0, 100, 101, 102] {
      var other = Sample.message(3, conversation: 2)
      other.seq = taken
      let row = other
      var isRefused = false
      do {
        try store.transact { (t) throws(ClientStoreFailure) in try t.insertEarlier(row) }
      } catch {
        isRefused = true
      }
      try demand(isRefused, "a number that is taken, or not left out, is refused")
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.messages(before: nil, limit: 9).map(\.seq),
        try t.messages(before: 101, limit: 9).map(\.seq),
        try t.messages(before: nil, limit: 1).map(\.seq),
        try t.lowestLine(conversationID: nil), try t.lowestLine(conversationID: one.conversationID),
        try t.lowestLine(conversationID: [1]),
        try t.search(SearchQuery("earlier"), before: nil, limit: 9).map(\.seq), try t.lineHead()
      )
    }
    try demandEqual(found.0, [101, 100])
    try demandEqual(found.1, [100])
    try demandEqual(found.2, [101])
    try demandEqual(found.3, 100)
    try demandEqual(found.4, 101)
    try demand(found.5 == nil, "a conversation without lines has no lowest one")
    try demandEqual(found.6, [100])
    try demandEqual(found.7, 101)
    try store.transact { (t) throws(ClientStoreFailure) in try t.leaveOutLines(upTo: 200) }
    let next = try store.transact { (t) throws(ClientStoreFailure) in
      try t.append(Sample.message(4, conversation: 1))
    }
    try demandEqual(next, 201)
  }
}
