// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryClientTransaction {
  package func timer(seq: UInt64) -> TimerRow? { timerRows.first { $0.seq == seq } }

  package func timers(dueAt now: Instant, limit: Int) -> [TimerRow] {
    let due = timerRows.filter { !$0.isKept }.compactMap { row in row.deadline.map { ($0, row) } }
      .filter { $0.0 <= now }
    return due.sorted { ($0.0, $0.1.seq) < ($1.0, $1.1.seq) }.prefix(limit).map(\.1)
  }

  package func timers(anchoredAfter now: Instant, limit: Int) -> [TimerRow] {
    let ahead = timerRows.filter { $0.anchor > now }
    return Array(ahead.sorted { ($0.anchor, $0.seq) < ($1.anchor, $1.seq) }.prefix(limit))
  }

  package func earliestDeadline() -> Instant? {
    timerRows.filter { !$0.isKept }.compactMap(\.deadline).min()
  }

  package mutating func put(_ row: TimerRow) {
    removeTimer(seq: row.seq)
    timerRows.append(row)
  }

  package mutating func removeTimer(seq: UInt64) { timerRows.removeAll { $0.seq == seq } }

  package mutating func noteDestruction() {}
}
