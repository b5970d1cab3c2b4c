// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Synchronization

/// Tells whoever listens that somebody types. What nobody takes in time is forgotten.
final class TypingFeed: Sendable {
  /// Notices that wait for one listener; the newest are of use.
  private static let waitingMax = 64

  private struct State {
    var next: UInt64 = 1
    var listeners: [UInt64: AsyncStream<TypingNotice>.Continuation] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  /// What happens from now on, until the task that listens is cancelled or the client is closed.
  func listen() -> AsyncStream<TypingNotice> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: TypingNotice.self, bufferingPolicy: .bufferingNewest(TypingFeed.waitingMax))
    let number = state.withLock { state -> UInt64? in
      guard !state.isClosed else { return nil }
      defer { state.next += 1 }
      state.listeners[state.next] = continuation
      return state.next
    }
    guard let number else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
    }
    return stream
  }

  /// Something happened.
  func tell(_ notice: TypingNotice) {
    for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(notice) }
  }

  /// Nothing more will happen.
  func close() {
    let listeners = state.withLock { state in
      state.isClosed = true
      defer { state.listeners = [:] }
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.finish() }
  }
}
