// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Events ordered by (instant, sequence number), so that ties never depend on memory. A binary
/// heap.
package struct EventQueue<Event: Sendable>: Sendable {
  private struct Entry: Sendable {
    let at: Instant
    let sequence: UInt64
    let event: Event

    func comesBefore(_ other: Entry) -> Bool {
      at == other.at ? sequence < other.sequence : at < other.at
    }
  }

  private var heap: [Entry] = []
  private var nextSequence: UInt64 = 0

  /// An empty queue.
  package init() {}

  /// True when nothing is left to happen.
  package var isEmpty: Bool { heap.isEmpty }

  /// The number of events that wait.
  package var count: Int { heap.count }

  /// When the next event happens.
  package var nextInstant: Instant? { heap.first?.at }

  /// Adds an event; among those of one instant it comes last.
  package mutating func schedule(_ event: Event, at instant: Instant) {
    heap.append(Entry(at: instant, sequence: nextSequence, event: event))
    nextSequence += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].comesBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest event.
  package mutating func next() -> (at: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.at, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].comesBefore(heap[least]) { least = child }
      }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
