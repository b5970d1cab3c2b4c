// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func timers(_ store: inout some ClientStore) throws {
    guard let timer = MessageTimer("5s+exists:1h+once"), let other = MessageTimer("4w") else {
      throw ConformanceFailure(line: #line, demand: "timers")
    }
    func row(
      _ seq: UInt64, _ timer: MessageTimer, anchor: Int64, deadline: Int64?,
      isKept: Bool = false
    ) -> TimerRow {
      TimerRow(
        seq: seq, timer: timer, anchor: Sample.at(anchor), deadline: deadline.map(Sample.at),
        eventSeq: seq + 3, isKept: isKept)
    }
    let rows = [
      row(1, timer, anchor: 10, deadline: 50), row(2, other, anchor: 30, deadline: 40),
      row(3, timer, anchor: 20, deadline: nil), row(4, other, anchor: -5, deadline: 50),
      row(7, other, anchor: 20, deadline: .max),
      // What is kept is not due, and its clock is watched.
      row(8, other, anchor: 25, deadline: 3, isKept: true),
    ]
    let first = try read(&store) { (t) throws(ClientStoreFailure) in try t.earliestDeadline() }
    try demandEqual(first, nil)
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in rows.reversed() { try t.put(row) }
      t.noteDestruction()
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.timers(dueAt: Sample.at(50), limit: 10), try t.timers(dueAt: Sample.at(39), limit: 9),
        try t.timers(dueAt: Sample.at(50), limit: 2).map(\.seq),
        try t.timers(anchoredAfter: Sample.at(10), limit: 10).map(\.seq),
        try t.earliestDeadline(), try t.timer(seq: 3), try t.timer(seq: 5), try t.timer(seq: 8)
      )
    }
    try demandEqual(found.0, [rows[1], rows[0], rows[3]])
    try demandEqual(found.1, [])
    try demandEqual(found.2, [2, 1])
    try demandEqual(found.3, [3, 7, 8, 2])
    try demandEqual(found.4, Sample.at(40))
    try demandEqual(found.5, rows[2])
    try demandEqual(found.6, nil)
    try demandEqual(found.7, rows[5])
    let after = try store.transact { (t) throws(ClientStoreFailure) in
      var changed = rows[1]
      changed.deadline = nil
      try t.put(changed)
      try t.removeTimer(seq: 1)
      try t.removeTimer(seq: 1)
      return (try t.earliestDeadline(), try t.timers(dueAt: Sample.at(50), limit: 9).map(\.seq))
    }
    try demandEqual(after.0, Sample.at(50))
    try demandEqual(after.1, [4])
    let released = try store.transact { (t) throws(ClientStoreFailure) in
      var changed = rows[5]
      changed.isKept = false
      try t.put(changed)
      return (try t.earliestDeadline(), try t.timers(dueAt: Sample.at(3), limit: 9))
    }
    try demandEqual(released.0, Sample.at(3))
    try demandEqual(released.1.map(\.seq), [8])
  }
}
