// SPDX-License-Identifier: Apache-2.0

/// What was sent to a reader beyond what it acknowledged.
struct SendWindow: Sendable {
  private var sizes: [(seq: UInt64, bytes: Int)] = []
  private var bytes = 0
  /// The highest number that the reader can have.
  private(set) var sent: UInt64

  /// Nothing in flight, after `seq`.
  init(after seq: UInt64) { sent = seq }

  /// What may be sent now, or `nil` when the window is full. One page never exceeds `pageBytesMax`,
  /// its first entry aside.
  var room: PageLimit? {
    let entries = ServerLimits.windowEntriesMax - sizes.count
    let left = ServerLimits.windowBytesMax - bytes
    guard entries > 0, left > 0 else { return nil }
    return PageLimit(entries: entries, bytes: min(left, ServerLimits.pageBytesMax))
  }

  mutating func send(_ seq: UInt64, byteCount: Int) {
    sizes.append((seq, byteCount))
    bytes += byteCount
    sent = max(sent, seq)
  }

  /// Reading goes on after `seq`: what lies before it will never be sent.
  mutating func advance(to seq: UInt64) { sent = max(sent, seq) }

  /// Opens the window up to `seq`. Gives `false` when nothing so high was sent.
  mutating func acknowledge(_ seq: UInt64) -> Bool {
    guard seq <= sent else { return false }
    let kept = sizes.firstIndex { entry in entry.seq > seq } ?? sizes.count
    for entry in sizes[..<kept] { bytes -= entry.bytes }
    sizes.removeFirst(kept)
    return true
  }
}
