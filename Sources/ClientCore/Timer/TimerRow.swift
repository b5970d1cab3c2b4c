// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// The timer of one line. Key: `seq`.
package struct TimerRow: Equatable, Sendable {
  /// The line's number.
  package var seq: UInt64
  /// What runs, or will.
  package var timer: MessageTimer
  /// When the deadline was worked out. When the clock says less, it was set back.
  package var anchor: Instant
  /// When the line goes; `nil` for an own one that the server does not have yet.
  package var deadline: Instant?
  /// The newest event before the line came: its own are after it.
  package var eventSeq: UInt64
  /// Its author lets it be kept: it does not go at the deadline.
  package var isKept: Bool

  /// Makes the row.
  package init(
    seq: UInt64, timer: MessageTimer, anchor: Instant, deadline: Instant?, eventSeq: UInt64,
    isKept: Bool = false
  ) {
    self.seq = seq
    self.timer = timer
    self.anchor = anchor
    self.deadline = deadline
    self.eventSeq = eventSeq
    self.isKept = isKept
  }
}

/// The part of a transaction that concerns timers, and what is destroyed.
package protocol ClientTimerTransaction {
  /// The timer of the line of this number.
  func timer(seq: UInt64) throws(ClientStoreFailure) -> TimerRow?
  /// Timers whose deadline has come, of lines that are not kept, by deadline, then `seq`.
  func timers(dueAt: Instant, limit: Int) throws(ClientStoreFailure) -> [TimerRow]
  /// Timers with an anchor after this, by anchor, then `seq`.
  func timers(anchoredAfter: Instant, limit: Int) throws(ClientStoreFailure) -> [TimerRow]
  /// The earliest deadline of a line that is not kept.
  func earliestDeadline() throws(ClientStoreFailure) -> Instant?
  /// Inserts or replaces a timer.
  mutating func put(_ row: TimerRow) throws(ClientStoreFailure)
  /// Removes a timer; nothing happens when there is none.
  mutating func removeTimer(seq: UInt64) throws(ClientStoreFailure)
  /// Something was destroyed in this transaction: once it is committed, no file of the store holds
  /// it any more.
  mutating func noteDestruction()
}
